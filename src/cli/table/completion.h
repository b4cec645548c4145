/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/** completion_bash(), completion_zsh() - the completion script of a shell */
void completion_bash(void);
void completion_zsh(void);
