/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/pattern-inner.h"

/** piece_insert() - insert a step at @at.  Return: 0; -E2BIG with a message. */
int piece_insert(struct pattern *p, size_t at, const struct step *step, struct err *err);

/** piece_repeat() - repeat the piece from @from to the end, @min to @max times (ENDLESS).  Return:
 * 0; -EINVAL, -E2BIG with a message. */
int piece_repeat(struct pattern *p, size_t from, uint32_t min, uint32_t max, struct err *err);

/** piece_choice() - make a choice of two pieces: from @from to @second, and from there to the end.
 * Return: 0; -E2BIG with a message, and what lies before @second is unchanged. */
int piece_choice(struct pattern *p, size_t from, size_t second, struct err *err);
