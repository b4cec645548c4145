/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-lex.h"

/**
 * gotmpl_parse_pipeline() - read a pipeline up to the end of the action
 * @l: behind the keyword, if there was one
 */
int gotmpl_parse_pipeline(struct lexer *l, struct pipeline **ret, struct err *err);
