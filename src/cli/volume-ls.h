/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/cli.h"

/** volume_ls_print() - volumes as `moat system df -v` lists them, with their sizes and users.
 * @list: of docker's Volume objects.  Return: 0; negative errno with a message. */
int volume_ls_print(const struct cli *c, const json_t *list, struct err *err);
