/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/pattern-inner.h"

/** pattern_parse() - append the steps of a text.  Return: 0; -EINVAL, -E2BIG with a message, and
 * some steps may have been added. */
int pattern_parse(struct pattern *p, const char *text, struct err *err);
