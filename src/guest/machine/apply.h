/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "link/setup.h"

/** apply_machine() - make the machine this one, at this moment: clock and entropy.  Return: 0;
 * -errno with a message. */
int apply_machine(const struct link_machine *m, struct err *err);
