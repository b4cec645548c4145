/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * program_find() - find a program of the host's
 * @name: "nft", "dnsmasq", …
 * @ret:  absolute path, owned
 *
 * It is looked for in the folders of programs for administration, and not in PATH, where a user
 * need not have these.
 *
 * Return: 0; -ENOENT with a message that says which package to install; -ENOMEM.
 */
int program_find(const char *name, char **ret, struct err *err);
