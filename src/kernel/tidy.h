/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "kernel/store.h"

/**
 * kernel_tidy() - remove the kernels of containers that are gone, before anybody else uses the
 * store
 * @used: the hashes that containers name; NULL: none
 */
void kernel_tidy(struct kernel_store *ks, char *const *used);
