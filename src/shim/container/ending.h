/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"

/**
 * container_end() - how it ended, unless that is decided, and telling it where it was started
 * @err: what moat failed in; NULL where it did not
 */
void container_end(struct container *c, int code, bool oom, const struct err *err);

/** container_announce() - the end of one that was started after it */
void container_announce(struct container *c);

/** container_fail() - moat failed: end it, and its machine.  @code: its exit code, unless it has
 * one already */
void container_fail(struct container *c, int code, const struct err *err);

/** container_exec_over() - an exec, or work on files, has ended; @p may be freed */
void container_exec_over(struct container *c, struct process *p, int code);

/** container_abandon_all() - end what runs, or would; @files: work on files too */
void container_abandon_all(struct container *c, bool files);

/** container_remove() - kill what is left of it and give its place back; conn is answered then.
 * Return: 0; -EALREADY with a message. */
int container_remove(struct container *c, struct conn *conn, struct err *err);

/** container_take_away() - have the guest do that now */
void container_take_away(struct container *c);

/**
 * container_gone() - it is no more in the machine
 * @code, @why: how it ended, unless that is settled; NULL: as somebody asked for
 */
void container_gone(struct container *c, int code, const struct err *why);

/** container_drain() - from now on its clients have only so much time for the last output */
void container_drain(struct container *c);

/** container_is_drained() - have they all, or did they have the time? */
bool container_is_drained(const struct container *c);

/** container_drain_over() - that time has passed; a loop_timer_fn */
int container_drain_over(struct source *source, void *arg);
