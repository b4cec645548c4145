/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-log.h"

#include <errno.h>
#include <string.h>

#include "cli/create/create-put.h"

static int put_options(const struct options *o, json_t *config, struct err *err)
{
	const char *value;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (value = options_next(o, "log-opt", &cursor))) {
		size_t n = strcspn(value, "=");
		cleanup_free char *key = strndup(value, n);

		if (n == 0 || !value[n])
			return err_set(err, -EINVAL, "invalid log option \"%s\"; write KEY=VALUE",
				       value);
		if (!key)
			return err_nomem(err);
		r = create_put(config, key, json_string(value + n + 1), err);
	}
	return r;
}

int create_put_log(const struct options *o, json_t *host, struct err *err)
{
	const char *driver = options_value(o, "log-driver");
	json_t *log, *config;
	size_t cursor = 0;
	int r;

	if (!driver && !options_next(o, "log-opt", &cursor))
		return 0;
	config = json_object();
	log = json_pack("{s:s, s:o}", "Type", driver ? driver : "json-file", "Config", config);
	r = create_put(host, "LogConfig", log, err);
	return r < 0 ? r : put_options(o, config, err);
}
