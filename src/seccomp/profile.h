/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/**
 * profile_compile() - a seccomp profile as a filter for seccomp(2)
 * @profile: "linux.seccomp" of the OCI runtime-spec; borrowed
 * @ret:     empty; gets an array of struct sock_filter
 *
 * System calls this libseccomp does not know are left out, as in runc.
 *
 * Return: 0; -EINVAL or -EBADMSG with a message; -EOPNOTSUPP with a message for notifications,
 * which would need somebody to notify; -ENOMEM.
 */
int profile_compile(const json_t *profile, struct buf *ret, struct err *err);
