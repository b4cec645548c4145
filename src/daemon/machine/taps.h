/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "control/machine-spec.h"

/*
 * Taps, which the NICs of machines hang on.  They come from whoever keeps the networks, and go back
 * when the machine has ended.  Without taps, machines have NICs that hang on nothing.
 */

struct machines;

struct tap {
	int fd; /* owned, tap_close() */
	char name[CONTROL_TAP_MAX + 1];
};

#define TAP_NONE ((struct tap){ .fd = -1 })

struct tap_source {
	/** get() - get a tap that nobody uses.  @ret_fd: owned.  Return: 0; -errno with a message.
	 */
	int (*get)(void *arg, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1], struct err *err);
	/** put_back() - give back a tap that nobody uses any more */
	void (*put_back)(void *arg, const char *name);
	void *arg;
};

struct taps {
	pthread_mutex_t lock;
	struct tap_source source; /* without get() there are no taps */
	struct tap stock;	  /* a tap that was got to see whether there are any */
	bool known;		  /* it is known whether there are taps */
	uint64_t failed_usec; /* when none could be had, by clock_mono_usec(); 0: there are taps */
	struct err why;
};

void taps_init(struct taps *t);
void taps_destroy(struct taps *t);

/** taps_set() - have machines get taps of this source; to be called before the first machine is
 * made */
void taps_set(struct taps *t, const struct tap_source *source);

/** taps_are_there() - can a machine have a tap?  Where none could be had, the source is asked again
 * after a while. */
bool taps_are_there(struct taps *t);

/** taps_ask_again() - ask the source again at once, as somebody needs a tap: the user may have
 * mended what was told as the reason. */
void taps_ask_again(struct taps *t);

/** taps_take() - get a tap.  @ret: owned, with taps_put_back() for its name and tap_close().
 * Return: 0; -ENODEV where there are none; -errno; with a message. */
int taps_take(struct taps *t, struct tap *ret, struct err *err);

/** taps_put_back() - give back the tap of a machine that has ended; "" is none */
void taps_put_back(struct taps *t, const char *name);

/** tap_close() - close our descriptor; others may have the tap, too */
void tap_close(struct tap *tap);
