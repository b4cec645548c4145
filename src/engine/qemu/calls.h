/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* System calls QEMU makes beside those of every program, for struct jail. */
extern const int qemu_calls[];
extern const size_t qemu_n_calls;
