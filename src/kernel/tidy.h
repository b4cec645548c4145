/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "kernel/store.h"

/**
 * kernel_tidy() - remove kernels that no container names any more, before anybody else uses the
 * store
 * @used: hashes that containers name; NULL: none
 */
void kernel_tidy(struct kernel_store *ks, char *const *used);
