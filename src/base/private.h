/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** private_memory() - keep memory of this process, and of those it starts, out of core dumps.
 * Where the kernel refuses, nothing is changed. */
void private_memory(void);
