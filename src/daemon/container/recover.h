/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/daemon.h"

/** lifecycle_recover() - at the start of moatd: load the table, believe shims and exit.json, remove
 * leftovers.  Return: 0; -errno with a message. */
int lifecycle_recover(struct daemon *d, struct err *err);
