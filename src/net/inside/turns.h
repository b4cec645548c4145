/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** turns_short() - have the kernel give this process a processor sooner, and for less at a time;
 * kernels before 6.12 do not.  Processes that it starts have turns as usual. */
void turns_short(void);
