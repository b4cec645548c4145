/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/** image_ls_print() - print images from GET /images/json.  Return: 0; negative errno with a
 * message. */
int image_ls_print(const struct cli *c, const json_t *list, bool sizes, struct err *err);

/** image_tree_print() - print images with their platforms and the layers of these, from a list with
 * manifests.  Return: 0. */
int image_tree_print(const struct cli *c, const json_t *list);
