/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/model.h"
#include "net/netlink/link.h"

/*
 * Taps: what a machine's NIC hangs on.  They are opened once and used again by other machines, as
 * to close one takes the kernel 25 to 50 ms, in which nobody is answered.
 */

#define TAPS_POOLED_MAX 64 /* more than the machines that end together */

/** tap_get() - get a tap that is down and in no bridge: a pooled one, or a new one.  @ret: stays
 * the model's.  Return: 0; -errno with a message. */
int tap_get(struct model *m, struct netlink *nl, struct tap **ret, struct err *err);

/** tap_adopt() - take in a tap that an earlier moat-net made.
 * Return: 0; -ENODEV with a message. */
int tap_adopt(struct model *m, const char *name, struct tap **ret, struct err *err);

/** tap_put() - pool or close a tap that nobody has, and that is on no network; what waits in it is
 * thrown away */
void tap_put(struct model *m, struct netlink *nl, struct tap *tap);

/** tap_free() - close a tap and take it out of the model */
void tap_free(struct tap *tap);
