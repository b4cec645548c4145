/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/**
 * config_runtime() - the runtime-spec of a container; rootfs_path is left for the caller
 * @ret: owned
 *
 * Return: 0; -EINVAL or -EBADMSG with a message; -ENOMEM.
 */
int config_runtime(const json_t *config, const json_t *host, struct oci_runtime **ret,
		   struct err *err);

/**
 * config_process() - the process of an exec
 * @body:      the exec request (Cmd, Env, User, WorkingDir, Tty, ConsoleSize, AttachStdin,
 *             Privileged)
 * @container: the process of the container's init: environment, folder, user, capabilities and
 *             limits come from it
 *
 * Return: 0, @ret owned; -EINVAL or -EBADMSG with a message; -ENOMEM.
 */
int config_process(const json_t *body, const struct oci_process *container,
		   struct oci_process **ret, struct err *err);
