/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/**
 * env_add() - add one setting as -e takes it
 * @env:  vector of KEY=VALUE; grows
 * @text: "KEY=VALUE"; "KEY" takes the value of this process's environment, and stays as it is when
 * it has none: then the container shall not have the image's either
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int env_add(char ***env, const char *text, struct err *err);

/**
 * env_add_text() - add the contents of an --env-file
 * @what: the file's name, for messages
 *
 * A setting per line, KEY=VALUE, or KEY with the value of this process's environment, which is
 * skipped when it has none.  Empty lines and lines that begin with # are skipped, white space
 * before a key is dropped, and nothing is quoted or expanded.
 *
 * Return: 0; -EINVAL with a message that has the line's number; -ENOMEM.
 */
int env_add_text(char ***env, const char *text, size_t len, const char *what, struct err *err);

/** env_add_file() - read an --env-file.  Return: as env_add_text(); negative errno with a
 * message. */
int env_add_file(char ***env, const char *path, struct err *err);

/** label_add_text(), label_add_file() - as env_add_text() and env_add_file(), for a
 * --label-file: a KEY without a value stays without one */
int label_add_text(char ***labels, const char *text, size_t len, const char *what, struct err *err);
int label_add_file(char ***labels, const char *path, struct err *err);
