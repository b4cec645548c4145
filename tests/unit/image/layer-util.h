/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "image/flatten/flatten.h"

/* Layers made in memory, for the tests of the flattening side.  Every failure fails the test. */

struct entry_spec {
	const char *path;
	mode_t mode;	     /* type and permissions; 0 is a regular file, 0644 */
	const char *content; /* of a file */
	size_t size;	     /* of the content; 0: strlen() */
	const char *symlink;
	const char *hardlink;
	int64_t uid, gid, mtime;
	long mtime_nsec;
	unsigned int major, minor;
	const char *xattr, *value;
	size_t value_len;	       /* 0: strlen() */
	const char *acl, *default_acl; /* as tar(1) writes them */
};

/* @filter is ARCHIVE_FILTER_…; the file of the layer is returned by tar_end(). */
struct archive *tar_begin(int filter);
void tar_add(struct archive *a, const struct entry_spec *spec);
int tar_end(struct archive *a);

#define TAR_ADD(a, ...) tar_add(a, &(struct entry_spec){ __VA_ARGS__ })

/** tar_of() - an uncompressed layer of @n entries.  Return: its file. */
int tar_of(const struct entry_spec *specs, size_t n);

#define TAR(...)                                                                                   \
	tar_of((struct entry_spec[]){ __VA_ARGS__ },                                               \
	       sizeof((struct entry_spec[]){ __VA_ARGS__ }) / sizeof(struct entry_spec))

/** memory_file() - a file with this content */
int memory_file(const void *data, size_t len);

/** ustar_header() - one header block, for what no tar writer would write */
void ustar_header(char block[512], const char *name, char type, uint64_t size);

/** flatten_fds() - flatten() layers with the product's limits; closes @fds */
int flatten_fds(const int *fds, size_t n, int out_fd, struct err *err);

/** image_of() - flatten layers that are right.  Return: the image's file. */
int image_of(const int *fds, size_t n);

/** run_program() - run a program, output discarded.  Return: its exit status. */
int run_program(const char *const *argv);

/** copy_to_temp() - the content of a file under a new name in /tmp; the caller unlinks and frees it
 */
char *copy_to_temp(int fd);
