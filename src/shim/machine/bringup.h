/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/machine/life.h"

/* How a machine comes up: forked, restored or booted (see life.h). */

/**
 * bringup_fill() - put the disks noted for a slot into the machine
 *
 * A machine that is not there yet is brought up, one that rests goes on.
 *
 * Return: 0; -errno with a message.
 */
int bringup_fill(struct life *l, unsigned slot, struct err *err);

/** bringup_fork() - have a machine forked of the zygote; it rests.  Return: 0; -errno with a
 * message, and no machine. */
int bringup_fork(struct life *l, struct err *err);

/**
 * bringup_next() - the machine is gone before it was of use: bring up the next kind.
 * Return: 0; -errno with a message.
 */
int bringup_next(struct life *l, struct err *err);

/** bringup_hello() - the guest of a machine that was booted is up.  Return: 0; -errno. */
int bringup_hello(struct life *l);
