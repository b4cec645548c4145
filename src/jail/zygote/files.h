/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#define FILES_NUMBERS_MAX 256 /* of descriptors: as many as a jail may have */

/*
 * Descriptors of a process that is forked.  A new process has the same open files as the zygote and
 * as every other one: what is only its own business must be made anew.
 */

/** files_begin() - from the library's constructor: know the files that the program was given */
void files_begin(void);

/** files_can_be_renewed() - Return: 0; -ENOTSUP where there is something that cannot. */
int files_can_be_renewed(void);

/** files_renew() - in the new process: make eventfds and epoll sets of its own.  Return: 0; -errno.
 */
int files_renew(void);

/** files_move() - put another file in the place of one that the program was given as @to, wherever
 * it has it now; a tap gets the settings of the one that was there.  @fd: closed.  Return: 0;
 * -errno. */
int files_move(int fd, int to);

/** files_are_own() - in the new process: is what a call made, and has no file of its own in the
 * kernel, this process's alone, or of a kind that cannot be changed? */
bool files_are_own(int fd);
