/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"

/** template_warm_up() - make the template for a machine, and then spares, in the background
 * @plan: moved from
 *
 * Return: 0; -errno with a message. */
int template_warm_up(struct machines *ms, struct machine_plan *plan, struct err *err);
