/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/** watchers_exist() - does a process of this machine watch files?  Allocates nothing. */
bool watchers_exist(void);
