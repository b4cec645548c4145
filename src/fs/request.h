/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>

#define REQUEST_NAMES_MAX 2

/* A request of the guest's kernel, split into its parts.  All is borrowed from the message. */
struct request {
	const struct fuse_in_header *head;
	const void *fixed; /* the opcode's structure; NULL: it has none */
	const char *names[REQUEST_NAMES_MAX];
	const unsigned char *data; /* the data at the end */
	size_t data_len;
};

/**
 * request_parse() - check the form of a message and find its parts
 * @message: aligned to 8 bytes
 * @len:     the length in the message's head
 * @xattr_ext: the guest sends SETXATTR in its long form
 *
 * Names are strings within the message, and there is as much data as announced; the parts' meaning
 * is not checked.  A message of an unknown opcode has a head alone.
 *
 * Return: 0; -EBADMSG.
 */
int request_parse(const void *message, size_t len, bool xattr_ext, struct request *ret);

/** request_check_name() - can a folder's entry have this name?  Return: 0; -EINVAL; -ENAMETOOLONG.
 */
int request_check_name(const char *name);
