/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* System calls QEMU makes beside those of every program, for struct jail. */
extern const int qemu_calls[];
extern const size_t qemu_n_calls;

/* Commands of ioctl(2); QEMU needs the first qemu_n_ioctls() of them. */
extern const unsigned long qemu_ioctls[];
size_t qemu_n_ioctls(bool kvm);
