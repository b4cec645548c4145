/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/**
 * create_body() - the create request for the options and arguments of run or create
 * @o:   parsed: the image, then the command
 * @ret: owned
 *
 * Return: 0; -EINVAL with a message; negative errno with a message for a file that cannot be read;
 * -ENOMEM.
 */
int create_body(const struct options *o, json_t **ret, struct err *err);

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

/** create_health() - docker's Healthcheck from the --health-* options, owned; NULL when there are
 * none.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_health(const struct options *o, json_t **ret, struct err *err);

/**
 * create_paths() - the paths given for --masked-path or --read-only-path, behind the usual ones
 * @defaults: the usual ones, up to NULL; "NONE" clears them and all before it
 * @ret:      an array, owned; NULL when the option was not given
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int create_paths(const struct options *o, const char *option, const char *const *defaults,
		 json_t **ret, struct err *err);

/** create_publish() - add "[[IP:]HOST:]PORT[/PROTO]" to a PortBindings object.  Return: 0; -EINVAL
 * with a message; -ENOMEM. */
int create_publish(json_t *bindings, const char *text, struct err *err);
