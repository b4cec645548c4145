/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"

/**
 * machine_add_devices() - add all devices to a description, each of them blank or unused
 * @image_bytes, @layer_bytes: sizes of the disks
 */
void machine_add_devices(struct machine *m, uint64_t image_bytes, uint64_t layer_bytes);
