/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/machine/life.h"

/* How the life of a machine gets its machine. */

/**
 * bringup_fill() - put the disks that are noted for a slot into the machine
 *
 * One that is not there yet is brought up, one that rests goes on.
 *
 * Return: 0; -errno with a message.
 */
int bringup_fill(struct life *l, unsigned slot, struct err *err);

/** bringup_fork() - have a machine that rests, forked of the zygote.  Return: 0; -errno with a
 * message, and no machine. */
int bringup_fork(struct life *l, struct err *err);

/** bringup_next() - the machine is gone before it was of use: get one from the next place to try.
 * Return: 0; -errno with a message. */
int bringup_next(struct life *l, struct err *err);

/** bringup_hello() - the guest of one that was booted is up.  Return: 0; -errno. */
int bringup_hello(struct life *l);
