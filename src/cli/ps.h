/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/** ps_print() - print containers from GET /containers/json.  Return: 0; negative errno with a
 * message. */
int ps_print(const struct cli *c, const json_t *list, bool size, struct err *err);
