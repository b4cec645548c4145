/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The timer is armed for the queue's first alarm.  It is not touched when
 * that one is cleared, as most are: it goes off once for nothing then, and is armed for what is
 * first at that time.  With an empty queue it is at rest.
 */
#include "net/proxy/alarms.h"

#include <stdbool.h>

#include "base/clock.h"

static void arm_timer(struct alarms *as, uint64_t now)
{
	const struct alarm *first = TAILQ_FIRST(&as->queue);

	if (first)
		(void)source_set_timer(as->timer,
				       first->due_usec > now ? first->due_usec - now : 0);
}

static int ring_due(struct source *s, void *arg)
{
	struct alarms *as = arg;
	uint64_t now = clock_mono_usec();
	struct alarm *a;

	(void)s;
	while ((a = TAILQ_FIRST(&as->queue)) && a->due_usec <= now) {
		alarm_clear(as, a);
		as->ring(a);
	}
	arm_timer(as, now);
	return 0;
}

int alarms_init(struct alarms *as, struct loop *loop, uint64_t delay_usec, alarm_fn ring)
{
	*as = (struct alarms){ .delay_usec = delay_usec, .ring = ring };
	TAILQ_INIT(&as->queue);
	return loop_add_timer(loop, UINT64_MAX, ring_due, as, &as->timer);
}

void alarms_reset(struct alarms *as)
{
	source_free(as->timer);
	as->timer = NULL;
}

void alarm_set(struct alarms *as, struct alarm *a)
{
	uint64_t now = clock_mono_usec();
	bool was_empty;

	alarm_clear(as, a);
	was_empty = TAILQ_EMPTY(&as->queue);
	a->due_usec = now + as->delay_usec;
	TAILQ_INSERT_TAIL(&as->queue, a, link);
	if (was_empty)
		arm_timer(as, now);
}

void alarm_clear(struct alarms *as, struct alarm *a)
{
	if (a->due_usec == 0)
		return;
	TAILQ_REMOVE(&as->queue, a, link);
	a->due_usec = 0;
}
