/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/** missing_command() - why there is no such command, though docker or `container` have it; NULL for
 * one that nobody has */
const char *missing_command(const char *name);

/**
 * missing_option() - why a command has no such option, though docker's has
 * @name: without dashes; a long one, or a letter
 *
 * Return: NULL for one that nobody has.
 */
const char *missing_option(const char *command, const char *name, size_t name_len);
