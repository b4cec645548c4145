/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * csv_split() - split a line of CSV into fields, as docker's client does: a field that begins with
 * a quotation mark ends at the next one, and two marks in it stand for one
 * @ret: owned, strv_free()
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int csv_split(const char *text, char ***ret, struct err *err);
