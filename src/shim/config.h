/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/machine-spec.h"
#include "oci/runtime.h"

/* What moatd wrote into the container's folder (docs/SHIM.md). */
struct shim_config {
	struct oci_runtime *runtime;
	struct machine_spec machine;
};

/** config_load() - read and check both files.  @ret: owned.  Return: 0; -errno, -EBADMSG with a
 * message; -ENOMEM. */
int config_load(int dir_fd, struct shim_config **ret, struct err *err);

/** config_free() - NULL is accepted */
void config_free(struct shim_config *c);

DEFINE_CLEANUP(struct shim_config, config_free)
#define cleanup_config cleanup(config_free_cleanup_fn)
