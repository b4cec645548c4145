/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/** kernel_fetch() - have moatd set the recommended kernel, and show the progress of its download.
 * Return: 0; -errno with a message. */
int kernel_fetch(struct cli *c, struct err *err);
