/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include "loop/loop.h"

/*
 * Many deadlines of one length, at the price of one timer: what is set later is due later, so they
 * stand in a queue.
 */
struct alarm {
	TAILQ_ENTRY(alarm) link;
	uint64_t due_usec; /* monotonic; 0: not set */
};

TAILQ_HEAD(alarm_queue, alarm);

/** @a: no longer set; may be set again, or be gone afterwards */
typedef void (*alarm_fn)(struct alarm *a);

struct alarms {
	struct alarm_queue queue;
	uint64_t delay_usec;
	alarm_fn ring;
	struct source *timer;
};

/** alarms_init() - Return: 0; -errno. */
int alarms_init(struct alarms *as, struct loop *loop, uint64_t delay_usec, alarm_fn ring);

/** alarms_reset() - nothing rings any more; also after alarms_init() failed, or was not called for
 * a zeroed one */
void alarms_reset(struct alarms *as);

/** alarm_set() - let it ring once, after the delay; one that is set begins anew */
void alarm_set(struct alarms *as, struct alarm *a);

/** alarm_clear() - one that is not set stays so */
void alarm_clear(struct alarms *as, struct alarm *a);
