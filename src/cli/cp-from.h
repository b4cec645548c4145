/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cp.h"

/** cp_from_container() - copy from the container to this host.  Return: 0; negative errno with a
 * message. */
int cp_from_container(struct cp *cp, struct err *err);
