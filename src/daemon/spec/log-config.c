/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/log-config.h"

#include <errno.h>

#include "base/str.h"

static const char *const without_effect[] = { "compress",  "labels",	      "labels-regex", "env",
					      "env-regex", "max-buffer-size", "tag" };

static int read_size(const char *text, struct log_config *c, struct err *err)
{
	/* As with docker, a negative size is no limit. */
	if (*text == '-') {
		c->max_bytes = 0;
		return 0;
	}
	if (str_to_size(text, &c->max_bytes) < 0 || c->max_bytes == 0)
		return err_set(err, -EINVAL, "invalid size for log option max-size: \"%s\"", text);
	return 0;
}

static int read_option(const char *key, const char *text, struct log_config *c, struct err *err)
{
	if (streq(key, "max-size"))
		return read_size(text, c, err);
	if (streq(key, "max-file")) {
		if (str_to_u64(text, &c->max_files) < 0 || c->max_files == 0 ||
		    c->max_files > 100000)
			return err_set(err, -EINVAL, "max-file cannot be \"%s\": it is 1 or more",
				       text);
		return 0;
	}
	if (streq(key, "mode")) {
		if (streq(text, "blocking") || streq(text, "non-blocking"))
			return 0;
		return err_set(err, -EINVAL, "logger: logging mode not supported: %s", text);
	}
	if (STR_FIND(without_effect, key))
		return 0;
	return err_set(err, -EINVAL, "unknown log opt '%s' for json-file log driver", key);
}

static int read_options(json_t *options, struct log_config *c, struct err *err)
{
	const char *key;
	json_t *value;

	/* As with docker, one file is kept where a size is set and no number of files. */
	if (json_object_get(options, "max-size") && !json_object_get(options, "max-file"))
		c->max_files = 1;
	json_object_foreach (options, key, value) {
		int r = json_is_string(value)
				? read_option(key, json_string_value(value), c, err)
				: err_set(err, -EBADMSG, "log option \"%s\" must be a string", key);

		if (r < 0)
			return r;
	}
	return 0;
}

int log_config_read(const json_t *host, struct log_config *ret, struct err *err)
{
	struct log_config c = { LOG_MAX_BYTES_DEFAULT, LOG_MAX_FILES_DEFAULT };
	json_t *log, *options = NULL;
	const char *type = NULL;
	int r = json_get_object(host, "LogConfig", &log, err);

	if (r == 0 && log)
		r = json_get_str(log, "Type", &type, err);
	if (r == 0 && log)
		r = json_get_object(log, "Config", &options, err);
	if (r < 0)
		return r;
	if (type && streq(type, "none"))
		c = (struct log_config){ 0 };
	else if (type && *type && !streq(type, "json-file") && !streq(type, "local"))
		return err_set(err, -EOPNOTSUPP,
			       "moat has the log drivers json-file, local and none, not \"%s\"",
			       type);
	else if (options)
		r = read_options(options, &c, err);
	if (r == 0)
		*ret = c;
	return r;
}

int log_config_warn(const json_t *host, char ***ret)
{
	const json_t *options = json_object_get(json_object_get(host, "LogConfig"), "Config");

	for (size_t i = 0; i < ARRAY_SIZE(without_effect); i++)
		if (json_object_get(options, without_effect[i]) &&
		    strv_addf(ret, "log option %s is not supported by moat and has no effect",
			      without_effect[i]) < 0)
			return -ENOMEM;
	return 0;
}
