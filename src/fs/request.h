/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>

#define REQUEST_NAMES_MAX 2

/* A request of the guest's kernel, taken apart.  All is borrowed from the message. */
struct request {
	const struct fuse_in_header *head;
	const void *fixed; /* the structure of its opcode; NULL: it has none */
	const char *names[REQUEST_NAMES_MAX];
	const unsigned char *data; /* what follows */
	size_t data_len;
};

/**
 * request_parse() - check the form of a message and find its parts
 * @message: aligned to 8 bytes
 * @len:     as the message's head says it
 * @xattr_ext: the guest sends SETXATTR in its long form
 *
 * What the parts mean is not looked at, but that names are strings within the message and that as
 * much data is there as is said.  A message of an unknown opcode has a head alone.
 *
 * Return: 0; -EBADMSG.
 */
int request_parse(const void *message, size_t len, bool xattr_ext, struct request *ret);

/** request_check_name() - is it the name of an entry in a folder?  Return: 0; -EINVAL;
 * -ENAMETOOLONG. */
int request_check_name(const char *name);
