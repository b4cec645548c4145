/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * What happens to a container by itself: its process runs, its process ended.  While it has a shim
 * these are called by the main thread alone, as events come in, so the order of transitions is the
 * order of events.  Each is on the disk before its event is published.  A state that is not on the
 * disk yet may be seen and then lost in a crash; a new moatd finds it out again from shim or
 * exit.json.
 */

/** container_started() - the container's process runs; nothing happens where that is known */
void container_started(struct container *c, pid_t pid, int64_t started_nsec);

/** container_ended() - the container has ended, or its start has failed; removes one made with --rm
 */
void container_ended(struct container *c, const struct exit_status *how);

/** container_paused() - the vCPUs have stopped, or go on; nothing happens where that is known */
void container_paused(struct container *c, bool paused);

/** container_disk_full() - the host's disk has no room left for the writable layer, or has some
 * again; nothing happens where that is known */
void container_disk_full(struct container *c, bool full);

/** container_oom() - a process of the container was killed for want of memory, and others may go on
 */
void container_oom(struct container *c);

/** container_exec_ended() - an exec of the container has ended */
void container_exec_ended(struct container *c, const char *exec_id, int code);

/**
 * container_save() - write what the table has of a container to the database
 *
 * When this returns, all that had changed before the call is on the disk, whoever wrote it.  A
 * failure is logged.  Not under the table's lock: a disk may be slow.
 */
void container_save(struct container *c);

/**
 * container_forget() - remove a container that does not run: row, object, folder
 * @with_volumes: and the volumes that nobody named, where no other container has them
 *
 * The row goes first, so after a crash a folder without a row is left, which the next start of
 * moatd removes.  Any thread may call it.
 *
 * Return: 0, also when somebody else removed it; -ENOSPC, -EIO with a message.
 */
int container_forget(struct container *c, bool with_volumes, struct err *err);

/** container_publish() - publish an event of a container, with name, image and labels; @extra:
 * taken over, or NULL */
void container_publish(struct container *c, const char *action, json_t *extra);
