/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/spare-goal.h"
#include "daemon/machine/spare-make.h"
#include "daemon/machine/template.h"

/*
 * Spare machines: restored and rehearsed before anybody asks, so that a start has only to give one
 * its container.  There are some of one kind of machine: that of the first start, and then of
 * whichever was started twice in a row.
 */

struct spares;

/**
 * spares_open() - remove what an earlier moatd left, and begin to keep spares
 * @bounds: how many to keep
 * @ret:    lives as long as the process, whose thread uses it
 *
 * Return: 0; -errno with a message.
 */
int spares_open(struct machines *ms, struct spare_bounds bounds, struct spares **ret,
		struct err *err);

/** spares_start_begins(), spares_start_ends() - around every start: no spare is made meanwhile */
void spares_start_begins(struct spares *s);
void spares_start_ends(struct spares *s);

/**
 * spares_claim() - take a ready machine of a kind
 * @key:  of the template it would be restored from
 * @plan: how to make the next one; kept as a copy
 *
 * Return: owned, spare_forget() or spares_waste(); NULL: there is none.
 */
struct spare *spares_claim(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
			   const struct machine_plan *plan);

/** spares_zygote() - the socket where a machine of this kind can be forked.  Return: a descriptor,
 * owned; -1: there is none. */
int spares_zygote(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1]);

/** spares_waste() - have the thread end a machine that cannot be used */
void spares_waste(struct spares *s, struct spare *m);

/** spares_expect() - make spares of this kind, which the first start will want; @plan: kept as a
 * copy */
void spares_expect(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
		   const struct machine_plan *plan);

/** spares_warm_up() - make the template for a machine, and then spares of this kind, in the
 * background.  @plan: moved from.  Return: 0; -errno with a message. */
int spares_warm_up(struct machines *ms, struct machine_plan *plan, struct err *err);

/** spares_forget() - give up all spares, as another kernel is to be used */
void spares_forget(struct spares *s);

/** spares_set() - change how many spares are kept */
void spares_set(struct spares *s, struct spare_bounds bounds);
