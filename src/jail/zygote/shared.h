/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* The kernel's identity of a file; descriptors without a file of their own (an eventfd, an epoll
 * set) share one. */
struct file_id {
	bool used;
	dev_t device;
	ino_t number;
};

/** file_identify() - identify an open descriptor; unused where it is not open */
struct file_id file_identify(int fd);

/** file_is_same() - are both used, and of one file? */
bool file_is_same(const struct file_id *a, const struct file_id *b);

/*
 * Checks whether a forked process shares an open file with its zygote, and so with its siblings, by
 * which one of them could be reached or changed.
 */

/** shared_note() - remember the zygote's files, when it opens no more.  @apart: numbers that do not
 * count, as they belong to the next fork */
void shared_note(const int *apart, size_t n);

/** shared_file() - the file that the zygote had under a number */
const struct file_id *shared_file(int number);

/** shared_check() - check the files of a forked process, when all are in place.  Return: 0;
 * -ENOTSUP where there is one that this library cannot replace. */
int shared_check(void);
