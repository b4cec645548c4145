/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* Where output goes: gathered, as each write(2) is a switch to another process and back. */
struct files_output {
	int fd;
	size_t len;
	char data[65536];
};

/** files_write() - a write() for struct tar_pack; @arg: struct files_output.  Return: 0; -errno. */
int files_write(void *arg, const void *data, size_t len);

/** files_flush() - Return: 0; -errno. */
int files_flush(struct files_output *o);
