/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/image-ls.h"

/** image_tree_print() - print images with their platforms and the layers of these, from a list with
 * manifests.  Return: 0. */
int image_tree_print(const struct cli *c, const json_t *list);
