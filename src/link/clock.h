/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/wire.h"

/*
 * Payloads of CLOCK (docs/LINK.md): the guest asks with its own clock, and the host's answer
 * repeats that.
 */

struct link_clock {
	uint64_t asked_nsec; /* CLOCK_MONOTONIC of the guest when it asked; 0: it was not asked */
	int64_t now_nsec;    /* wall clock of the host since 1970 */
};

/** link_clock_ask_put() - append the guest's question.  Return: 0; -ENOMEM. */
int link_clock_ask_put(struct buf *b, uint64_t asked_nsec);

/** link_clock_ask_get() - read the guest's question.  Return: 0; -EBADMSG. */
int link_clock_ask_get(struct wire_view payload, uint64_t *ret_asked_nsec);

/** link_clock_put() - append the host's answer.  Return: 0; -ENOMEM. */
int link_clock_put(struct buf *b, const struct link_clock *c);

/** link_clock_get() - read the host's answer.  Return: 0; -EBADMSG. */
int link_clock_get(struct wire_view payload, struct link_clock *ret);
