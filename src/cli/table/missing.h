/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/** missing_command() - why moat lacks a command that docker or `container` has; NULL for one that
 * neither has */
const char *missing_command(const char *name);

/**
 * missing_option() - why moat lacks an option that docker has
 * @name: without dashes; a long one, or a letter
 *
 * Return: NULL for an option that docker lacks, too.
 */
const char *missing_option(const char *command, const char *name, size_t name_len);
