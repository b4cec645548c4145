/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* Ends of containers.  Called by handler threads; every function may block, with a deadline. */

/**
 * container_stop() - ask the process to end, then end it
 * @signo:       0: the container's stop signal
 * @timeout_sec: between the signal and SIGKILL; negative waits for ever
 *
 * Return: 0; -EALREADY when it does not run; -ETIMEDOUT with a message.
 */
int container_stop(struct container *c, int signo, int timeout_sec, struct err *err);

/**
 * container_kill() - send a signal; SIGKILL also waits for the end
 *
 * Return: 0; -EBUSY with docker's message when it does not run; -errno with a message.
 */
int container_kill(struct container *c, int signo, struct err *err);

/** container_restart() - stop the container if it runs, then start it.  Return: as
 * container_stop(), container_start(). */
int container_restart(struct container *c, int timeout_sec, struct err *err);

/**
 * container_take() - take a container's op lock
 * @patience_msec: for who holds it; -1: without end
 *
 * A start, an update or a copy of files that holds it may be waiting for the guest.  When patience
 * is over the machine is ended, and so is every one that follows, until the lock is free.
 */
void container_take(struct container *c, int patience_msec);

/**
 * container_end_machine() - kill the machine and wait until the container has ended
 * @ends: how often the container had ended before
 *
 * What the guest has not written to its disk yet is lost.
 *
 * Return: 0; -ETIMEDOUT with a message; -errno with a message.
 */
int container_end_machine(struct container *c, uint64_t ends, struct err *err);
