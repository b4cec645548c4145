/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/** containers_recover() - at the start of moatd: load the table, believe shims and exit.json,
 * remove leftovers.  Return: 0; -errno with a message. */
int containers_recover(struct containers *t, struct err *err);
