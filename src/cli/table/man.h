/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/** man_page() - print a command's manual page as roff; NULL for moat(1) itself */
void man_page(const struct command *cmd);
