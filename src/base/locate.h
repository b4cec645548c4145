/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Where moat's things are: data root, API socket, sibling programs (docs/ARCHITECTURE.md).
 * Every result is an absolute path owned by the caller; outputs are untouched on failure.
 */

/**
 * locate_root() - the data root
 *
 * MOAT_ROOT; else /var/lib/moat for root, $XDG_DATA_HOME/moat or ~/.local/share/moat for
 * others.  Not created here.
 *
 * Return: 0; -EINVAL with a message for a relative MOAT_ROOT; -ENOENT with a message without a
 * home; -ENOMEM.
 */
int locate_root(char **ret, struct err *err);

/** locate_root_failed() - set the error for a data root that could not be made, with what to do.
 * @r: -errno.  Return: @r */
int locate_root_failed(const char *root, int r, struct err *err);

/**
 * locate_socket() - the path of the API's socket
 *
 * MOAT_HOST; else $MOAT_ROOT/moat.sock where MOAT_ROOT is set; else /run/moat/moat.sock for root,
 * $XDG_RUNTIME_DIR/moat/moat.sock for others, and moat.sock in the data root without a runtime
 * folder.
 *
 * Return: as locate_root(); -EINVAL with a message when MOAT_HOST is no unix:// address.
 */
int locate_socket(char **ret, struct err *err);

/**
 * locate_socket_parse() - the path in "unix:///path" or "/path", as MOAT_HOST and --socket have it
 * @what: where the text came from, for the message
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int locate_socket_parse(const char *text, const char *what, char **ret, struct err *err);

/**
 * locate_program() - another program of moat: beside the running one, or in ../libexec/moat
 * @name: "moatd", "moat-shim", …
 *
 * Return: 0; -ENOENT with a message that names both places; -ENOMEM.
 */
int locate_program(const char *name, char **ret, struct err *err);

/** locate_library() - as locate_program(), a file that is not executed itself */
int locate_library(const char *name, char **ret, struct err *err);
