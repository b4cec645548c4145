/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"

/**
 * container_end() - decide how the container ended, unless that is decided, and announce it if the
 * container was started
 * @err: in what moat failed; NULL where it did not
 */
void container_end(struct container *c, int code, bool oom, const struct err *err);

/** container_announce() - write and tell how the container ended; later, where it ended before it
 * was started */
void container_announce(struct container *c);

/** container_fail() - moat failed: end the container, and its machine.  @code: the container's exit
 * code, unless it has one already */
void container_fail(struct container *c, int code, const struct err *err);

/** container_exec_over() - an exec, or work on files, has ended; @p may be freed */
void container_exec_over(struct container *c, struct process *p, int code);

/** container_abandon_all() - end the processes that run, or wait to; @files: work on files too */
void container_abandon_all(struct container *c, bool files);

/** container_remove() - kill what is left of the container and give its place back; conn is
 * answered then.  Return: 0; -EALREADY with a message. */
int container_remove(struct container *c, struct conn *conn, struct err *err);

/** container_take_away() - have the guest take the container away now */
void container_take_away(struct container *c);

/**
 * container_gone() - the container is out of the machine
 * @code, @why: how it ended, unless that is decided; @why: NULL where the end was asked for
 */
void container_gone(struct container *c, int code, const struct err *why);

/** container_drain() - give clients only so much time for the last output from now on */
void container_drain(struct container *c);

/** container_is_drained() - have all clients the last output, or had they the time for it? */
bool container_is_drained(const struct container *c);

/** container_drain_over() - the time for clients has passed; a loop_timer_fn */
int container_drain_over(struct source *source, void *arg);
