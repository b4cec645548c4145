/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "link/setup.h"

/** apply_machine() - set clock and entropy of a machine that was just booted or restored.  Return:
 * 0; -errno with a message. */
int apply_machine(const struct link_machine *m, struct err *err);
