/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/disk-watch.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "shim/container/text.h"
#include "shim/event.h"
#include "shim/shim.h"

#define PAUSE_FIRST_USEC USEC_PER_SEC
#define PAUSE_MAX_USEC	 (600 * USEC_PER_SEC)

static void tell(struct shim *s)
{
	struct disk_watch *w = &s->disks;

	w->told = w->now.count;
	log_warning("disk errors: the host could not do what the machine asked of its disk for the "
		    "%s: %s (%llu requests until now)",
		    event_disk_name(w->now.disk), w->now.reason, (unsigned long long)w->told);
	shim_tell(s, event_disk_errors(s));
}

static void pause_telling(struct disk_watch *w, uint64_t usec)
{
	w->pause_usec = usec < PAUSE_MAX_USEC ? usec : PAUSE_MAX_USEC;
	if (source_set_timer(w->timer, w->pause_usec) < 0)
		w->pause_usec = 0;
}

static int on_timer(struct source *source, void *arg)
{
	struct shim *s = arg;
	struct disk_watch *w = &s->disks;

	(void)source;
	if (w->now.count == w->told) {
		w->pause_usec = 0;
		return 0;
	}
	tell(s);
	pause_telling(w, w->pause_usec * 2);
	return 0;
}

static int on_readable(struct source *source, int fd, uint32_t events, void *arg)
{
	(void)source, (void)fd, (void)events;
	disk_watch_catch_up(arg);
	return 0;
}

int disk_watch_begin(struct shim *s)
{
	struct disk_watch *w = &s->disks;
	int r = w->timer ? source_set_timer(w->timer, UINT64_MAX)
			 : loop_add_timer(s->loop, UINT64_MAX, on_timer, s, &w->timer);

	*w = (struct disk_watch){ .timer = w->timer };
	if (r < 0)
		return r;
	return loop_add_io(s->loop, s->machine.engine->events_fd(s->machine.vm), EPOLLIN,
			   on_readable, s, &s->machine.events);
}

/* An engine that says nothing that makes sense is not listened to any more; the machine goes on. */
void disk_watch_catch_up(struct shim *s)
{
	struct disk_watch *w = &s->disks;
	struct err err = { 0 };

	if (!s->machine.events)
		return;
	if (s->machine.engine->disk_errors(s->machine.vm, &w->now, &err) < 0) {
		if (err.code != -ECONNRESET)
			log_warning("the engine is not listened to any more: %s", err.msg);
		source_free(take_ptr(s->machine.events));
	}
	text_clean(w->now.reason);
	if (w->now.count == w->told || w->pause_usec > 0)
		return;
	tell(s);
	pause_telling(w, PAUSE_FIRST_USEC);
}

void disk_watch_end(struct shim *s)
{
	disk_watch_catch_up(s);
	if (s->disks.now.count != s->disks.told)
		tell(s);
}
