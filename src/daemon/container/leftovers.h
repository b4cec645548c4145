/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * leftovers_remove() - remove folders of containers and machines that nobody has any more
 *
 * When moatd starts, and all containers are there; in the background.
 *
 * Return: 0; -errno.
 */
int leftovers_remove(struct containers *t);
