/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include "loop/loop.h"

/*
 * Many deadlines of one length, for the price of one timer: alarms that are set later are due
 * later, so a queue keeps them in order.
 */
struct alarm {
	TAILQ_ENTRY(alarm) link;
	uint64_t due_usec; /* monotonic; 0: not set */
};

TAILQ_HEAD(alarm_queue, alarm);

/** alarm_fn - an alarm rings.  @a: no longer set; may be set again, or freed, from here */
typedef void (*alarm_fn)(struct alarm *a);

struct alarms {
	struct alarm_queue queue;
	uint64_t delay_usec;
	alarm_fn ring;
	struct source *timer;
};

/** alarms_init() - prepare an empty queue.  Return: 0; -errno. */
int alarms_init(struct alarms *as, struct loop *loop, uint64_t delay_usec, alarm_fn ring);

/** alarms_reset() - let nothing ring any more; also fine after alarms_init() failed, or for a
 * zeroed @as */
void alarms_reset(struct alarms *as);

/** alarm_set() - let an alarm ring once, after the delay; the delay of one that is set begins
 * anew */
void alarm_set(struct alarms *as, struct alarm *a);

/** alarm_clear() - let an alarm not ring; one that is not set stays so */
void alarm_clear(struct alarms *as, struct alarm *a);
