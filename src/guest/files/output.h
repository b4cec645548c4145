/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* Output of an operation, gathered into large pieces: each write(2) switches to another process and
 * back. */
struct files_output {
	int fd;
	size_t len;
	char data[65536];
};

/** files_write() - a write() for struct tar_pack; @arg: struct files_output.  Return: 0; -errno. */
int files_write(void *arg, const void *data, size_t len);

/** files_flush() - write what was gathered.  Return: 0; -errno. */
int files_flush(struct files_output *o);
