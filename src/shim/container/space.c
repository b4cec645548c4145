/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/space.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/macro.h"
#include "shim/container/containers.h"
#include "shim/container/event.h"

#define MARGIN_MAX    MIB(256)
#define MARGIN_PART   16u /* of the file system, at most */
#define SCARCE_BYTES  GIB(1)
#define PLENTY_BYTES  GIB(16) /* nobody fills that before the next look */
#define PAUSE_SCARCE  (200 * USEC_PER_MSEC)
#define PAUSE_LIMITED USEC_PER_SEC
#define PAUSE_ENOUGH  (5 * USEC_PER_SEC)

uint64_t space_left(uint64_t avail_bytes, uint64_t total_bytes, uint64_t layer_bytes)
{
	uint64_t margin = total_bytes / MARGIN_PART;
	uint64_t left;

	if (margin > MARGIN_MAX)
		margin = MARGIN_MAX;
	left = avail_bytes > margin ? avail_bytes - margin : 0;
	return left < layer_bytes ? left : UINT64_MAX;
}

static int measure_space(const struct container *c, uint64_t *ret)
{
	struct statvfs sb;

	if (fstatvfs(c->dir_fd, &sb) < 0)
		return -errno;
	*ret = space_left(sb.f_bavail * sb.f_frsize, sb.f_blocks * sb.f_frsize,
			  c->all->life->spec.disk_bytes);
	return 0;
}

/* Small changes are not told: what the guest itself writes it subtracts by itself. */
static bool is_news(uint64_t told, uint64_t now)
{
	uint64_t change = told > now ? told - now : now - told;

	return change > told / 16 || (now == 0) != (told == 0);
}

static void tell_watchers(struct container *c, bool full)
{
	c->space.full = full;
	if (full)
		log_warning("the host's disk is full: what needs room on the container's fails");
	else
		log_info("the host's disk has room again");
	server_tell_all(c->all->server, event_space(c));
}

static int tell_guest(struct container *c, uint64_t bytes)
{
	const struct link_header h = { .type = LINK_SPACE, .container = c->number };
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r = wire_put_u64(&payload, bytes);

	return r < 0 ? r : link_send(guest_link(c->all->life->guest), h, payload.data, payload.len);
}

static int look_at_space(struct container *c)
{
	struct space_watch *w = &c->space;
	uint64_t now = w->told_bytes;
	int r = measure_space(c, &now);

	if (r < 0 || !is_news(w->told_bytes, now))
		return r;
	r = tell_guest(c, now);
	if (r < 0)
		return r;
	w->told_bytes = now;
	if ((now == 0) != w->full)
		tell_watchers(c, now == 0);
	return 0;
}

static uint64_t pause_usec(const struct space_watch *w)
{
	if (w->told_bytes >= PLENTY_BYTES)
		return PAUSE_ENOUGH;
	return w->told_bytes < SCARCE_BYTES ? PAUSE_SCARCE : PAUSE_LIMITED;
}

static int on_timer(struct source *source, void *arg)
{
	struct container *c = arg;
	struct life *life = c->all->life;
	int r;

	if (c->state != CONTAINER_READY || !life_takes_containers(life))
		return 0;
	r = life->paused ? 0 : look_at_space(c);
	if (r < 0)
		log_warning("the room on the host's disk: %s", strerror(-r));
	(void)source_set_timer(source, pause_usec(&c->space));
	return 0;
}

int space_begin(struct container *c)
{
	struct space_watch *w = &c->space;
	int r;

	if (c->runtime->rootfs_readonly)
		return 0;
	*w = (struct space_watch){ .timer = w->timer, .told_bytes = UINT64_MAX };
	r = look_at_space(c);
	if (r < 0)
		return r;
	return w->timer ? source_set_timer(w->timer, pause_usec(w))
			: loop_add_timer(c->all->loop, pause_usec(w), on_timer, c, &w->timer);
}
