/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/numbers.h"
#include "link/shares.h"

struct node;

/* The number of all files that the guest has open without having asked (entry.h). */
#define FILE_UNOPENED 0

/* A file that the guest has open. */
struct file {
	struct node *node; /* with nodes_open() */
	int fd;		   /* -1: of the waker, which only seems to open */
	bool writable;
	int code; /* why it could not be opened: of one whose OPEN the guest has answered */
	unsigned users;
	bool closed; /* by the guest, while somebody uses it */
};

/* Those open files, by the number that the guest has of each. */
struct files {
	pthread_mutex_t lock;
	struct numbers numbers;
	struct file *own[SHARES_FH_MAX]; /* by numbers that the guest has chosen */
	/** gone() - the last use of a file is over: close it */
	void (*gone)(void *arg, struct file *f);
	void *arg;
};

/** files_init() - @max: as many may be open at a time */
void files_init(struct files *t, size_t max);

/** files_reset() - all are gone */
void files_reset(struct files *t);

/** files_add() - @f: owned from success on.  Return: 0; -ENFILE; -ENOMEM. */
int files_add(struct files *t, struct file *f, uint64_t *ret_fh);

/** files_add_own() - by a number that the guest has chosen.  @f: owned from success on.  Return: 0;
 * -EBADF where it is no such number, or one that is there. */
int files_add_own(struct files *t, struct file *f, uint64_t fh);

/** files_get() - Return: to be given to files_put(); NULL: there is none of the number. */
struct file *files_get(struct files *t, uint64_t fh);
void files_put(struct files *t, struct file *f);

/** files_remove() - the guest has closed it.  Return: 0; -EBADF. */
int files_remove(struct files *t, uint64_t fh);
