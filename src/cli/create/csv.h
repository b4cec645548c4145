/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * csv_split() - the fields of one line of CSV, as docker's client reads it: one that begins with a
 * quotation mark goes on to the next, and two of them in it are one
 * @ret: owned, strv_free()
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int csv_split(const char *text, char ***ret, struct err *err);
