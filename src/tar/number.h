/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * tar_number() - read a number of a header: octal text, or GNU's base 256
 *
 * An empty field is 0.
 *
 * Return: 0; -EBADMSG; -ERANGE.
 */
int tar_number(const char *field, size_t size, int64_t *ret);
