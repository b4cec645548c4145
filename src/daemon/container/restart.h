/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

struct container;
struct daemon;

/* Containers that are started again when they have ended, by the rules of docker's restart
 * policies. */

enum restart_kind { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

struct restart_policy {
	enum restart_kind kind;
	unsigned max_retries; /* of RESTART_ON_FAILURE; 0: no limit */
};

/**
 * restart_policy_read() - the policy of docker's RestartPolicy object
 * @policy: NULL is "no"
 *
 * Pure.  Return: 0; -EINVAL, -EBADMSG with a message.
 */
int restart_policy_read(const json_t *policy, struct restart_policy *ret, struct err *err);

/** restart_is_wanted() - does a policy want a container back that ended with @code, by itself,
 * after
 * @count restarts?  Pure. */
bool restart_is_wanted(const struct restart_policy *policy, int code, int count);

/** restart_delay() - how long to wait after a run of @ran_nsec, having waited @last_usec before it:
 * 100 ms, doubling to a minute for runs of less than 10 s.  Pure. */
uint64_t restart_delay(uint64_t last_usec, int64_t ran_nsec);

struct restarter;

/** restarter_new() - the thread that starts containers when it is time.  @ret: owned,
 * restarter_free().  Return: 0; -errno. */
int restarter_new(struct daemon *d, struct restarter **ret);

/** restarter_free() - NULL is accepted */
void restarter_free(struct restarter *r);

/**
 * restart_after_end() - a container's run is over: have it started again if its policy says so
 * @ran_nsec: how long it ran
 *
 * Under the table's lock, before the record is written.
 */
void restart_after_end(struct daemon *d, struct container *c, int64_t ran_nsec);

/** restart_recover() - at the start of moatd, for a container that does not run */
void restart_recover(struct daemon *d, struct container *c);

/**
 * restart_forbid() - somebody stops the container: its policy counts no more until it is started
 *
 * Return: was it waiting to be started again?
 */
bool restart_forbid(struct daemon *d, struct container *c);
