/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * program_find() - where a program of the host's is
 * @name: "nft", "dnsmasq", …
 * @ret:  absolute path, owned
 *
 * Looked for where administration's programs are, and not in PATH: that of a user need not have
 * these folders.
 *
 * Return: 0; -ENOENT with a message that says which package to install; -ENOMEM.
 */
int program_find(const char *name, char **ret, struct err *err);
