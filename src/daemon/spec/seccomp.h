/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * seccomp_profile() - docker's seccomp profile as "linux.seccomp" of a runtime-spec
 * @text:         JSON as `--security-opt seccomp=FILE` has it
 * @capabilities: of the container; rules may depend on them
 * @ret:          owned
 *
 * Return: 0, and the result compiles; -EINVAL, -EBADMSG or -EOPNOTSUPP with a message; -ENOMEM.
 */
int seccomp_profile(const char *text, uint64_t capabilities, json_t **ret, struct err *err);
