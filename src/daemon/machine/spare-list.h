/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/spares.h"

/** spares_describe() - describe the spares for the API:
 * {"Least":N,"Most":N,"Wanted":N,"Machines":[{"Pid","Machine","Template","MemoryBytes","DiskBytes","Rehearsed"}],"Zygotes":[…]},
 * with one zygote at most.  Return: NULL when out of memory. */
json_t *spares_describe(struct spares *s);
