/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** private_memory() - have no core dump hold any of this process's memory, or of those it starts.
 * Where the kernel does not let it, nothing is changed. */
void private_memory(void);
