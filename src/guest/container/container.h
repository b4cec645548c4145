/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"

/**
 * container_make() - the surroundings of a container, as far as they are the same for all: cgroup,
 * namespaces, mounts
 *
 * What is forked from here on is in the namespaces, but for that of the mounts.
 *
 * Return: 0; -errno.
 */
int container_make(struct machine *m, struct err *err);

/**
 * container_unmake() - undo that, and SETUP, after the container's last process has ended
 *
 * Then the machine can be given another container.
 *
 * Return: 0; -EBUSY where something of the container is left; -errno.
 */
int container_unmake(struct machine *m, struct err *err);
