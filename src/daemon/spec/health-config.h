/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/* docker's Healthcheck, in a request and in an image.  Pure. */

/* "Healthcheck" of docker's Config, with docker's defaults. */
struct health_config {
	char **args; /* NULL: no check */
	int64_t interval_nsec, timeout_nsec, start_period_nsec, start_interval_nsec;
	int retries;
};

/**
 * health_merge() - the request's Healthcheck over the image's, member by member
 * @body:  the create request
 * @image: may be NULL
 * @ret:   owned; NULL when neither has one
 *
 * Return: 0; -EINVAL with docker's message; -EBADMSG; -ENOMEM.
 */
int health_merge(const json_t *body, const json_t *image, json_t **ret, struct err *err);

/** health_config_read() - read it from a stored Config.  @config: docker's Config.  @ret:
 * health_reset().  Return: 0; -EBADMSG with a message; -ENOMEM. */
int health_config_read(const json_t *config, struct health_config *ret, struct err *err);
