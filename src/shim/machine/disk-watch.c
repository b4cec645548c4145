/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/disk-watch.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "shim/text.h"

#define PAUSE_FIRST_USEC USEC_PER_SEC
#define PAUSE_MAX_USEC	 (600 * USEC_PER_SEC)

static void tell_errors(struct disk_watch *w)
{
	w->told = w->now.count;
	w->tell(w->arg);
}

static void pause_telling(struct disk_watch *w, uint64_t usec)
{
	w->pause_usec = usec < PAUSE_MAX_USEC ? usec : PAUSE_MAX_USEC;
	if (source_set_timer(w->timer, w->pause_usec) < 0)
		w->pause_usec = 0;
}

static int on_timer(struct source *source, void *arg)
{
	struct disk_watch *w = arg;

	(void)source;
	if (w->now.count == w->told) {
		w->pause_usec = 0;
		return 0;
	}
	tell_errors(w);
	pause_telling(w, w->pause_usec * 2);
	return 0;
}

static int on_readable(struct source *source, int fd, uint32_t events, void *arg)
{
	(void)source, (void)fd, (void)events;
	disk_watch_catch_up(arg);
	return 0;
}

int disk_watch_begin(struct disk_watch *w, const struct shim_machine *m)
{
	int r = w->timer ? source_set_timer(w->timer, UINT64_MAX)
			 : loop_add_timer(w->loop, UINT64_MAX, on_timer, w, &w->timer);

	w->now = (struct disk_errors){ 0 };
	w->told = w->pause_usec = 0;
	w->machine = m;
	if (r < 0)
		return r;
	return loop_add_io(w->loop, m->engine->events_fd(m->vm), EPOLLIN, on_readable, w,
			   &w->events);
}

/* An engine that sends nonsense is not listened to any more; the machine goes on. */
void disk_watch_catch_up(struct disk_watch *w)
{
	struct err err = { 0 };

	if (!w->events)
		return;
	if (w->machine->engine->disk_errors(w->machine->vm, &w->now, &err) < 0) {
		if (err.code != -ECONNRESET)
			log_warning("the engine is not listened to any more: %s", err.msg);
		source_free(take_ptr(w->events));
	}
	text_clean(w->now.reason);
	if (w->now.count == w->told || w->pause_usec > 0)
		return;
	tell_errors(w);
	pause_telling(w, PAUSE_FIRST_USEC);
}

void disk_watch_flush(struct disk_watch *w)
{
	disk_watch_catch_up(w);
	if (w->now.count != w->told)
		tell_errors(w);
}

void disk_watch_end(struct disk_watch *w)
{
	disk_watch_flush(w);
	source_free(take_ptr(w->events));
}

void disk_watch_reset(struct disk_watch *w)
{
	source_free(take_ptr(w->events));
	source_free(take_ptr(w->timer));
}
