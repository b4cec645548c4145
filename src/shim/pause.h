/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/shim.h"

/**
 * pause_begin() - have the containers stand still, and then the vCPUs; the request is answered
 * later
 *
 * A guest that does not say within a second that its containers stand still is stopped all the
 * same, but nobody can work on their files then.
 *
 * Return: 0; -EBUSY where none runs; -EALREADY; -errno; with a message.
 */
int pause_begin(struct shim *s, struct conn *conn, struct err *err);

/** pause_end() - let the vCPUs go on, and the containers.  Return: 0; -EBUSY where none runs; as
 * life_resume(); with a message. */
int pause_end(struct shim *s, struct err *err);

/** pause_wake() - let a paused guest work on files while its containers stand still.  Return: 0;
 * -EBUSY where they do not stand still; -errno; with a message. */
int pause_wake(struct shim *s, struct err *err);

/** pause_settle() - stop a paused guest again if no work on files is left */
void pause_settle(struct shim *s);

/** pause_frozen() - the guest's answer: a container stands still, or (@ok is false) cannot */
void pause_frozen(void *arg, bool ok);

/** pause_expired() - the guest has not answered in time; a loop_timer_fn */
int pause_expired(struct source *source, void *arg);
