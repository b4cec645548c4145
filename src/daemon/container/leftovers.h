/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * leftovers_remove() - remove folders that belong to no container or machine any more
 *
 * Called when moatd starts and all containers are in the table; works in the background.
 *
 * Return: 0; -errno.
 */
int leftovers_remove(struct containers *t);
