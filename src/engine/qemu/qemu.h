/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"

extern const struct engine engine_qemu_kvm;
extern const struct engine engine_qemu_tcg;
