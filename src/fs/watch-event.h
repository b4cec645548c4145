/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's name for a file in events. */
struct file_id {
	uint64_t fsid;
	int type;
	uint32_t len;
	const unsigned char *bytes; /* borrowed */
};

/* An event of fanotify(7). */
struct watch_event {
	uint64_t mask;
	pid_t pid;
	struct file_id dir;  /* no bytes: the event is not about a folder */
	const char *name;    /* in @dir; NULL: the folder itself; borrowed */
	struct file_id file; /* no bytes: unknown */
};

/**
 * watch_event_next() - take the first event off the bytes that were read
 *
 * Return: 1; 0 where there is none; -EBADMSG.
 */
int watch_event_next(const unsigned char **at, size_t *len, struct watch_event *ret);
