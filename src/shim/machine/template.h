/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * template_make() - boot a machine until it waits for its container, and save it there
 * @dir_fd:    a folder with machine.json; state and logs are written there
 * @memory_fd: an empty memfd; becomes the machine's memory
 * @tap_fd:    the machine's NIC hangs on it, so that its offloads are in use; borrowed; -1:
 * machines of this template have no tap either
 *
 * Return: 0, with the state on the disk; -errno with a message.
 */
int template_make(int dir_fd, int memory_fd, int tap_fd, struct err *err);
