/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"

/**
 * apply_setup() - make the machine this one: clock, entropy, name, limits, disks
 *
 * Reads m->setup, and wipes the entropy once it is used.
 *
 * Return: 0; -errno.
 */
int apply_setup(struct machine *m, struct err *err);
