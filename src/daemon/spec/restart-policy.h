/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/* docker's restart policies: whether a container that ended is started again, and when.  Pure. */

enum restart_kind { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

struct restart_policy {
	enum restart_kind kind;
	unsigned max_retries; /* of RESTART_ON_FAILURE; 0: no limit */
};

/**
 * restart_policy_read() - the policy of docker's RestartPolicy object
 * @policy: NULL is "no"
 *
 * Return: 0; -EINVAL, -EBADMSG with a message.
 */
int restart_policy_read(const json_t *policy, struct restart_policy *ret, struct err *err);

/** restart_is_wanted() - is a container to be started again that ended by itself with @code, after
 * @count restarts?  Pure. */
bool restart_is_wanted(const struct restart_policy *policy, int code, int count);

/** restart_delay() - how long to wait after a run of @ran_nsec, having waited @last_usec before it:
 * 100 ms, doubling to a minute for runs of less than 10 s.  Pure. */
uint64_t restart_delay(uint64_t last_usec, int64_t ran_nsec);
