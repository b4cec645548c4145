/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel drops clean pages of files when memory.reclaim of a cgroup asks
 * for them, those first that nobody used for long; what is free then is reported to the host by the
 * balloon's driver.  Pages are dropped in pieces, with the loop's work between them, so that
 * neither the host nor moat-init's other tasks wait for long.
 */
#include "guest/machine/reclaim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/container/container.h"
#include "guest/container/usage.h"
#include "loop/loop.h"

#define PIECE_BYTES MIB(16)
#define LEAST_BYTES MIB(1) /* less is not worth it */

static uint64_t at_most(uint64_t bytes, uint64_t limit)
{
	return bytes < limit ? bytes : limit;
}

/* Return: 0; -EAGAIN where the kernel found fewer pages. */
static int drop_piece(const struct cgroup *cg, uint64_t bytes)
{
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	r = file_set_at(cg->fd, "memory.reclaim", text);
	/* Kernels before 5.19 can only drop everything. */
	return r == -ENOENT ? file_set_at(AT_FDCWD, "/proc/sys/vm/drop_caches", "1") : r;
}

static int on_timer(struct source *source, void *arg)
{
	struct machine *m = arg;
	struct reclaim *r = &m->reclaim;

	for (const struct container *c = m->containers; c; c = c->next) {
		uint64_t bytes = at_most(usage_droppable(&c->cgroup), PIECE_BYTES);

		bytes = at_most(bytes, r->left_bytes);
		if (c->state != CONTAINER_READY || bytes < LEAST_BYTES ||
		    drop_piece(&c->cgroup, bytes) < 0)
			continue;
		r->left_bytes -= bytes;
		return source_set_timer(source, USEC_PER_MSEC);
	}
	return 0;
}

int reclaim_begin(struct machine *m)
{
	struct reclaim *r = &m->reclaim;

	r->left_bytes = 0;
	for (const struct container *c = m->containers; c; c = c->next)
		r->left_bytes += usage_droppable(&c->cgroup);
	return r->timer ? source_set_timer(r->timer, 0)
			: loop_add_timer(m->loop, 0, on_timer, m, &r->timer);
}
