/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/cli.h"

/** volume_ls_print() - print volumes with sizes and users, as `moat system df -v` does.  @list:
 * docker's Volume objects.  Return: 0; negative errno with a message. */
int volume_ls_print(const struct cli *c, const json_t *list, struct err *err);
