/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* Docker's LogConfig: how much of a container's output is kept. */

#define LOG_MAX_BYTES_DEFAULT MIB(20) /* of one file; as docker's driver "local" */
#define LOG_MAX_FILES_DEFAULT 5u

struct log_config {
	uint64_t max_bytes; /* of one file; 0: no limit */
	uint64_t max_files; /* 0: nothing is kept */
};

/**
 * log_config_read() - the member LogConfig of a HostConfig
 *
 * The drivers are json-file and local, which are the same here, and none. Options that would only
 * add to what is kept are accepted, others are not.
 *
 * Return: 0; -EINVAL, -EBADMSG, or -EOPNOTSUPP for another driver, with a message.
 */
int log_config_read(const json_t *host, struct log_config *ret, struct err *err);

/** log_config_warn() - add a text for every option of a checked LogConfig that has no effect.
 * Return: 0; -ENOMEM. */
int log_config_warn(const json_t *host, char ***ret);
