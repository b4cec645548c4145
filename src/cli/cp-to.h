/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cp.h"

/** cp_to_container() - copy from this host into the container.  Return: 0; negative errno with a
 * message. */
int cp_to_container(struct cp *cp, struct err *err);
