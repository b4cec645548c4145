/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/oom.h"

#include "base/cleanup.h"
#include "link/conn.h"
#include "loop/loop.h"

int oom_tell(struct container *c)
{
	struct link_header h = { .type = LINK_OOM, .container = c->number };
	uint64_t kills = cgroup_oom_kills(&c->cgroup);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r;

	if (kills <= c->oom_told)
		return 0;
	c->oom_told = kills;
	r = wire_put_u64(&b, kills);
	return r < 0 ? r : link_send(c->machine->link, h, b.data, b.len);
}

static int on_memory_event(struct source *source, int fd, uint32_t events, void *arg)
{
	(void)source, (void)fd, (void)events;
	return oom_tell(arg);
}

/* memory.events reports changes since it was last read, so it is read once before. */
int oom_watch(struct container *c, struct err *err)
{
	int r;

	if (c->cgroup.events_fd < 0)
		return 0;
	(void)cgroup_oom_kills(&c->cgroup);
	r = loop_add_io(c->machine->loop, c->cgroup.events_fd, EPOLLPRI, on_memory_event, c,
			&c->oom_source);
	return r < 0 ? err_errno(err, r, "watch the container's memory") : 0;
}
