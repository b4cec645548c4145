/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* How the kernel tells one file from another; of what a call made (an eventfd, an epoll set) it is
 * the same for all. */
struct file_id {
	bool used;
	dev_t device;
	ino_t number;
};

/** file_identify() - of an open descriptor; not used where there is none */
struct file_id file_identify(int fd);

/** file_is_same() - are both used, and of one file? */
bool file_is_same(const struct file_id *a, const struct file_id *b);

/*
 * Whether a process that was forked has an open file in common with its zygote, and so with its
 * siblings, by which one of them could be reached or changed.
 */

/** shared_note() - in the zygote, which opens nothing any more: remember its files.  @apart:
 * numbers that do not count, of what is to be forked next */
void shared_note(const int *apart, size_t n);

/** shared_file() - what the zygote had then under a number */
const struct file_id *shared_file(int number);

/** shared_check() - in what was forked, when all is in its place.  Return: 0; -ENOTSUP where there
 * is something that this library knows no substitute for. */
int shared_check(void);
