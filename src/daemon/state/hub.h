/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Events: what GET /events sends, and what wakes threads that wait for a change.  Thread-safe.
 */
struct hub;
struct hub_sub;

/* hub_new() - make a hub.  @ret: owned, hub_free().  Return: 0; -ENOMEM. */
int hub_new(struct hub **ret);
void hub_free(struct hub *h);

/**
 * hub_publish() - record an event and wake every subscriber
 * @type:       "container", "image"
 * @action:     "start", "die", …
 * @id:         of the actor
 * @attributes: object of strings, taken over; NULL is an empty one
 *
 * Where memory is lacking the event is lost; subscribers are woken all the same.
 */
void hub_publish(struct hub *h, const char *type, const char *action, const char *id,
		 json_t *attributes);

/** hub_wake() - wake every subscriber for a change that is no event */
void hub_wake(struct hub *h);

/** hub_subscribe() - get events from now on.  @ret: owned, hub_unsubscribe().  Return: 0; -errno.
 */
int hub_subscribe(struct hub *h, struct hub_sub **ret);
void hub_unsubscribe(struct hub_sub *s);

/** hub_fd() - readable when something happened since hub_clear(); borrowed */
int hub_fd(const struct hub_sub *s);
void hub_clear(struct hub_sub *s);

/**
 * hub_wait() - sleep until something happens
 * @client_fd:    a client that may go away meanwhile, or -1
 * @timeout_msec: -1 waits for ever
 *
 * Look at the state first, then wait, in a loop: changes since the last hub_wait() are not missed.
 *
 * Return: 1 when something happened; 0 on timeout; -EPIPE when the client closed its connection.
 */
int hub_wait(struct hub_sub *s, int client_fd, int timeout_msec);

/** hub_rewind() - let hub_next() begin with the first remembered event at or after a time
 * (nanoseconds since 1970) */
void hub_rewind(struct hub_sub *s, int64_t since_nsec);

/** hub_next() - the next event for this subscriber as a new reference; NULL when there is none yet
 */
json_t *hub_next(struct hub_sub *s, int64_t *ret_nsec);

DEFINE_CLEANUP(struct hub_sub, hub_unsubscribe)
#define cleanup_hub_sub cleanup(hub_unsubscribe_cleanup_fn)
