/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Templates of machines with a tap and of those without are two kinds.  So
 * whether there are taps is asked before a machine is planned, by getting one, which the next
 * machine has; where there are none, the answer counts for a while.
 */
#include "daemon/machine/taps.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"

#define RETRY_USEC (30 * USEC_PER_SEC)

void taps_init(struct taps *t)
{
	*t = (struct taps){ .stock = TAP_NONE };
	pthread_mutex_init(&t->lock, NULL);
}

void tap_close(struct tap *tap)
{
	fd_close(&tap->fd);
}

void taps_destroy(struct taps *t)
{
	tap_close(&t->stock);
	pthread_mutex_destroy(&t->lock);
}

void taps_set(struct taps *t, const struct tap_source *source)
{
	mutex_hold(&t->lock);
	t->source = *source;
	t->known = false;
}

/* Gets a tap from the source, with the lock held, and notes whether that worked. */
static int get_tap(struct taps *t, struct tap *ret)
{
	struct tap tap = TAP_NONE;
	struct err err = { 0 };
	int r = t->source.get(t->source.arg, &tap.fd, tap.name, &err);

	if (r < 0 && (!t->known || t->failed_usec == 0))
		log_warning("machines have no network: %s", err.msg);
	t->known = true;
	t->failed_usec = r < 0 ? clock_mono_usec() : 0;
	t->why = err;
	if (r == 0)
		*ret = tap;
	return r;
}

static bool is_to_be_asked(const struct taps *t)
{
	return !t->known || (t->failed_usec > 0 && clock_mono_usec() > t->failed_usec + RETRY_USEC);
}

bool taps_are_there(struct taps *t)
{
	mutex_hold(&t->lock);
	if (t->source.get && t->stock.fd < 0 && is_to_be_asked(t))
		(void)get_tap(t, &t->stock);
	return t->source.get && t->failed_usec == 0;
}

void taps_ask_again(struct taps *t)
{
	mutex_hold(&t->lock);
	if (t->failed_usec > 0)
		t->failed_usec = 1;
}

int taps_take(struct taps *t, struct tap *ret, struct err *err)
{
	mutex_hold(&t->lock);
	if (!t->source.get)
		return err_set(err, -ENODEV, "machines of this moatd have no network");
	if (t->stock.fd >= 0) {
		*ret = t->stock;
		t->stock = TAP_NONE;
		return 0;
	}
	if ((t->failed_usec > 0 && !is_to_be_asked(t)) || get_tap(t, ret) < 0)
		return err_set(err, t->why.code < 0 ? t->why.code : -EIO, "%s", t->why.msg);
	return 0;
}

void taps_put_back(struct taps *t, const char *name)
{
	struct tap_source source;

	pthread_mutex_lock(&t->lock);
	source = t->source;
	pthread_mutex_unlock(&t->lock);
	if (*name && source.get)
		source.put_back(source.arg, name);
}
