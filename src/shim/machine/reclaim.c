/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A guest keeps what it has read of files for as long as nobody else in it
 * wants the memory, and knows nothing of the host, which could read the same from its own cache.
 * Nothing here wakes a host at rest: idleness is judged when the guest asks for the time, as it
 * does every half a minute, by the processor time of the engine; and for want of memory the kernel
 * wakes the shim, by a trigger on its pressure stall information.
 */
#include "shim/machine/reclaim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "shim/machine/cpu.h"
#include "shim/machine/life.h"

/* Processes stood still for 200 ms of two seconds.  Users other than root have to name a multiple
 * of two seconds. */
#define TRIGGER "some 200000 2000000"

#define PRESSURE_FILE "/proc/pressure/memory"
#define AGAIN_USEC    (10 * USEC_PER_SEC)

static void tell_guest(const struct reclaim *r)
{
	const struct life *l = r->life;
	int e = l->state == LIFE_UP && !l->paused && !l->machine.resting && guest_is_up(l->guest)
			? guest_reclaim(l->guest)
			: 0;

	if (e < 0)
		log_warning("the guest cannot be told to drop its cache: %s", strerror(-e));
}

static int on_pressure(struct source *source, int fd, uint32_t events, void *arg)
{
	struct reclaim *r = arg;
	uint64_t now = clock_mono_usec();

	(void)source, (void)fd;
	if (events & EPOLLERR) {
		reclaim_end(r);
		return 0;
	}
	if (r->told_usec > 0 && now - r->told_usec < AGAIN_USEC)
		return 0;
	r->told_usec = now;
	tell_guest(r);
	return 0;
}

/* On a kernel without pressure stall information, or with it for root alone, the shim is never
 * told. */
void reclaim_begin(struct reclaim *r, struct life *l)
{
	int fd;

	*r = (struct reclaim){ .life = l };
	if (!l->spec.reclaim_pressure)
		return;
	fd = open(PRESSURE_FILE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, TRIGGER, sizeof(TRIGGER)) < 0 ||
	    loop_add_io(l->o.loop, fd, EPOLLPRI, on_pressure, r, &r->pressure) < 0)
		close(fd);
	else
		r->fd = fd;
}

bool reclaim_is_due(struct reclaim *r, uint64_t now_usec, uint64_t cpu_usec, uint64_t limit_usec)
{
	uint64_t elapsed = now_usec - r->looked_usec, used = cpu_usec - r->cpu_usec;
	bool first = r->looked_usec == 0;

	if (!first && elapsed < RECLAIM_LOOK_USEC)
		return false;
	r->looked_usec = now_usec;
	r->cpu_usec = cpu_usec;
	if (first)
		return false;
	if (used * 100 >= elapsed * RECLAIM_IDLE_PERCENT) {
		r->idle_usec = 0;
		r->done = false;
		return false;
	}
	r->idle_usec += elapsed;
	if (r->done || r->idle_usec < limit_usec)
		return false;
	r->done = true;
	return true;
}

void reclaim_look(struct reclaim *r)
{
	const struct life *l = r->life;
	uint64_t cpu_usec = cpu_of_process(l->machine.pid);

	if (l->spec.reclaim_idle_sec == 0 || cpu_usec == 0)
		return;
	if (reclaim_is_due(r, clock_mono_usec(), cpu_usec, l->spec.reclaim_idle_sec * USEC_PER_SEC))
		tell_guest(r);
}

void reclaim_end(struct reclaim *r)
{
	if (!r->pressure)
		return;
	source_free(take_ptr(r->pressure));
	close(r->fd);
}
