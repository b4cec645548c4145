/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/** command_reason() - strerror() as in docker's messages: without a capital; valid until the next
 * call */
const char *command_reason(int code);

/**
 * command_exec() - execve() with docker's PATH rules
 * @args: at least one; a name without '/' is searched for in the PATH of @env
 *
 * Return: only on failure: -ENOENT when there is no such program, -EACCES when it cannot be
 * executed, -ENOEXEC, -errno; the message is worded as docker's users know it.
 */
int command_exec(char *const *args, char *const *env, struct err *err);

/**
 * command_find() - search as command_exec() does
 * @ret: owned by the caller; untouched on failure
 *
 * Return: 0; as command_exec(); -ENOMEM.
 */
int command_find(const char *name, char *const *env, char **ret, struct err *err);
