/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/qemu/cmdline.h"

/** qemu_identity() - identity() of engine.h */
int qemu_identity(const char *binary, enum qemu_accel accel, const struct machine *m, char **ret,
		  struct err *err);
