/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/**
 * kernel_unpack() - copy a kernel in the form that boots fastest
 * @in_fd:  read from offset 0; borrowed
 * @out_fd: an empty file; borrowed
 * @ret_device_parameters: does it take virtio-mmio devices from its command line
 *          (virtio_mmio.device=…)? One that does not finds them by ACPI.
 *
 * A compressed x86 kernel (bzImage) whose content can be booted directly (ELF with the PVH entry)
 * is unpacked: the machine is spared to do it at every start.  Any other file is copied as it is.
 *
 * Return: 0; -EFBIG, -errno with a message.
 */
int kernel_unpack(int in_fd, int out_fd, bool *ret_device_parameters, struct err *err);
