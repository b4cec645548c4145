/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/** image_ls_print() - print images from GET /images/json.  Return: 0; negative errno with a
 * message. */
int image_ls_print(const struct cli *c, const json_t *list, bool sizes, struct err *err);
