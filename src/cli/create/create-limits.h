/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_ulimits() - every --ulimit */
int create_put_ulimits(const struct options *o, json_t *host, struct err *err);

/** create_nano_cpus() - "1.5" as billionths of a CPU.  Return: 0; -EINVAL with a message. */
int create_nano_cpus(const char *text, int64_t *ret, struct err *err);

/** create_ulimit() - "nofile=1024:2048" as docker's Ulimit object, owned.  Return: 0; -EINVAL or
 * -ENOMEM with a message. */
int create_ulimit(const char *text, json_t **ret, struct err *err);

/** create_restart_policy() - "on-failure:3" as docker's RestartPolicy object, owned.  Return: 0;
 * -EINVAL with a message. */
int create_restart_policy(const char *text, json_t **ret, struct err *err);

/** create_resources() - what `update` can change too, put into a HostConfig: limits and restart
 * policy.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_resources(const struct options *o, json_t *host, struct err *err);
