/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/numbers.h"
#include "link/shares.h"

struct node;

/* Number of every file that the guest has opened without asking (entry.h). */
#define FILE_UNOPENED 0

/* A file that the guest has open. */
struct file {
	struct node *node; /* with nodes_open() */
	int fd;		   /* -1: the waker's, which only pretends to open */
	bool writable;
	int code; /* why it could not be opened, where the guest has answered the OPEN itself */
	unsigned users;
	bool closed; /* by the guest, while somebody here uses it */
};

/* The open files, by the numbers that the guest knows. */
struct files {
	pthread_mutex_t lock;
	struct numbers numbers;
	struct file *own[SHARES_FH_MAX]; /* by numbers that the guest chose */
	/** gone() - a file's last use is over: close it */
	void (*gone)(void *arg, struct file *f);
	void *arg;
};

/** files_init() - make an empty table.  @max: open files at a time */
void files_init(struct files *t, size_t max);

/** files_reset() - close all files */
void files_reset(struct files *t);

/** files_add() - add a file.  @f: owned from success on.  Return: 0; -ENFILE; -ENOMEM. */
int files_add(struct files *t, struct file *f, uint64_t *ret_fh);

/** files_add_own() - add a file with a number that the guest chose.  @f: owned from success on.
 * Return: 0; -EBADF where it is no such number, or in use. */
int files_add_own(struct files *t, struct file *f, uint64_t fh);

/** files_get() - find a file by its number.  Return: to be given to files_put(); NULL: there is
 * none. */
struct file *files_get(struct files *t, uint64_t fh);
void files_put(struct files *t, struct file *f);

/** files_remove() - remove a file that the guest has closed.  Return: 0; -EBADF. */
int files_remove(struct files *t, uint64_t fh);
