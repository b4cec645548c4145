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

/** spares_start_begins(), spares_start_ends() - around every start, which goes before the making of
 * spares */
void spares_start_begins(struct spares *s);
void spares_start_ends(struct spares *s);

/**
 * spares_claim() - a machine of a kind that rests
 * @key:  of the template it would be restored from
 * @plan: how to make the next one; kept as a copy
 *
 * Return: owned, spare_forget() or spares_waste(); NULL: there is none.
 */
struct spare *spares_claim(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
			   const struct machine_plan *plan);

/** spares_zygote() - where a machine of a kind can be had forked.  Return: a descriptor, owned; -1:
 * nowhere. */
int spares_zygote(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1]);

/** spares_waste() - end one that cannot be used, some time */
void spares_waste(struct spares *s, struct spare *m);

/** spares_expect() - the first start will be of this kind of machine; @plan: kept as a copy */
void spares_expect(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
		   const struct machine_plan *plan);

/** spares_forget() - another kernel is to be used: give up the spares there are */
void spares_forget(struct spares *s);

/** spares_set() - keep so many from now on */
void spares_set(struct spares *s, struct spare_bounds bounds);
