/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/**
 * env_add() - add one setting as -e takes it
 * @env:  vector of KEY=VALUE; grows
 * @text: "KEY=VALUE"; "KEY" takes the value of this process's environment, or nothing when it has
 * none
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int env_add(char ***env, const char *text, struct err *err);

/**
 * env_add_text() - add the contents of an --env-file
 * @what: the file's name, for messages
 *
 * A setting per line as for env_add(); empty lines and lines that begin with # are skipped, white
 * space before a key is dropped, and nothing is quoted or expanded.
 *
 * Return: 0; -EINVAL with a message that has the line's number; -ENOMEM.
 */
int env_add_text(char ***env, const char *text, size_t len, const char *what, struct err *err);

/** env_add_file() - read an --env-file.  Return: as env_add_text(); negative errno with a message.
 */
int env_add_file(char ***env, const char *path, struct err *err);
