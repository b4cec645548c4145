/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#define FILES_NUMBERS_MAX 256 /* descriptors, as many as a jail may have */

/*
 * Descriptors of a process that is forked.  It shares all open files with the zygote and its other
 * forks: those that are its own business must be made anew.
 */

/** files_begin() - note the files that the program was given; from the library's constructor */
void files_begin(void);

/** files_can_be_renewed() - can all files be made anew that must be?  Return: 0; -ENOTSUP. */
int files_can_be_renewed(void);

/** files_renew() - make eventfds and epoll sets anew, in the new process.  Return: 0; -errno. */
int files_renew(void);

/** files_move() - replace a file that the program was given as @to, whatever number it has now; a
 * tap gets the settings of the old one.  @fd: closed.  Return: 0; -errno. */
int files_move(int fd, int to);

/** files_are_own() - for a descriptor without a file of its own in the kernel, in the new process:
 * is it this process's alone, or of a kind that cannot be changed? */
bool files_are_own(int fd);
