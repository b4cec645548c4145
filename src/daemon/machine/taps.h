/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "control/machine-spec.h"

/*
 * What the NICs of machines hang on.  Taps come from whoever keeps the networks, and go back when
 * the machine has ended.  Where there are none, machines have NICs that hang on nothing.
 */

struct machines;

struct tap {
	int fd; /* owned, tap_close() */
	char name[CONTROL_TAP_MAX + 1];
};

#define TAP_NONE ((struct tap){ .fd = -1 })

struct tap_source {
	/** get() - one that nobody uses.  @ret_fd: owned.  Return: 0; -errno with a message. */
	int (*get)(void *arg, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1], struct err *err);
	/** put_back() - nobody uses it any more */
	void (*put_back)(void *arg, const char *name);
	void *arg;
};

struct taps {
	pthread_mutex_t lock;
	struct tap_source source; /* no get(): there are none */
	struct tap stock;	  /* one that was got to see whether there are any */
	bool known;		  /* whether there are */
	uint64_t failed_usec;	  /* when there were none, by clock_mono_usec(); 0: there are */
	struct err why;
};

void taps_init(struct taps *t);
void taps_destroy(struct taps *t);

/** taps_set() - from now on machines have taps of this source; before the first machine is made */
void taps_set(struct taps *t, const struct tap_source *source);

/** taps_are_there() - can a machine have one?  Asked again a while after there were none. */
bool taps_are_there(struct taps *t);

/** taps_ask_again() - somebody needs one: where there were none, that counts no more.  Whoever was
 * told why there was none may have done something about it. */
void taps_ask_again(struct taps *t);

/** taps_take() - @ret: owned, with taps_put_back() for its name and tap_close().  Return: 0;
 * -ENODEV where there are none; -errno; with a message. */
int taps_take(struct taps *t, struct tap *ret, struct err *err);

/** taps_put_back() - its machine has ended; "" is none */
void taps_put_back(struct taps *t, const char *name);

/** tap_close() - the descriptor; others may have it, too */
void tap_close(struct tap *tap);
