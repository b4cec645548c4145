/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/health-config.h"

#include <errno.h>

#include "base/str.h"

#define NSEC_PER_MSEC	    1000000
#define INTERVAL_NSEC	    (30 * (int64_t)NSEC_PER_SEC)
#define TIMEOUT_NSEC	    (30 * (int64_t)NSEC_PER_SEC)
#define START_INTERVAL_NSEC (5 * (int64_t)NSEC_PER_SEC)
#define RETRIES		    3

static const char *const durations[] = { "Interval", "Timeout", "StartPeriod", "StartInterval" };

static int check_health(const json_t *health, struct err *err)
{
	int64_t value;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		value = 0;
		r = json_get_i64(health, durations[i], &value, err);
		if (r < 0)
			return r;
		if (value != 0 && value < NSEC_PER_MSEC)
			return err_set(err, -EINVAL, "%s in Healthcheck cannot be less than 1ms",
				       durations[i]);
	}
	value = 0;
	r = json_get_i64(health, "Retries", &value, err);
	if (r == 0 && (value < 0 || value > INT32_MAX))
		return err_set(err, -EINVAL, "Retries in Healthcheck cannot be negative");
	return r;
}

/* Does docker take the member as not given? */
static bool is_empty(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_integer(v) && json_integer_value(v) == 0) ||
	       (json_is_array(v) && json_array_size(v) == 0);
}

int health_merge(const json_t *body, const json_t *image, json_t **ret, struct err *err)
{
	cleanup_json json_t *merged = NULL;
	struct health_config parsed = { 0 };
	json_t *given, *value;
	const char *key;
	int r = json_get_object(body, "Healthcheck", &given, err);

	if (r < 0)
		return r;
	if (!given && !image)
		return 0;
	merged = json_copy(given ? given : (json_t *)(size_t)image);
	if (!merged)
		return err_nomem(err);
	json_object_foreach ((json_t *)(size_t)(given ? image : NULL), key, value) {
		if (is_empty(json_object_get(merged, key)) &&
		    json_object_set(merged, key, value) < 0)
			return err_nomem(err);
	}
	r = check_health(merged, err);
	if (r == 0) {
		cleanup_json json_t *config = json_pack("{s:O}", "Healthcheck", merged);

		r = config ? health_config_read(config, &parsed, err) : err_nomem(err);
	}
	strv_free(parsed.args);
	if (r == 0)
		*ret = take_ptr(merged);
	return r;
}

static int read_test(const json_t *config, char *const *test, char ***ret, struct err *err)
{
	cleanup_strv char **args = NULL;
	int r;

	if (!test || !*test || streq(*test, "NONE"))
		return 0;
	if (streq(*test, "CMD")) {
		r = strv_copy(test + 1, &args);
	} else if (streq(*test, "CMD-SHELL")) {
		r = json_get_strv(config, "Shell", &args, err);
		if (r == 0 && !args &&
		    (strv_add(&args, "/bin/sh") < 0 || strv_add(&args, "-c") < 0))
			r = err_nomem(err);
		if (r == 0)
			r = strv_add(&args, test[1] ? test[1] : "");
	} else {
		return err_set(err, -EINVAL,
			       "Unknown healthcheck type '%s' (expected 'CMD', 'CMD-SHELL' or "
			       "'NONE')",
			       *test);
	}
	if (r == 0 && strv_len(args) == 0)
		return err_set(err, -EINVAL, "the healthcheck has no command");
	if (r == 0)
		*ret = take_ptr(args);
	return r;
}

int health_config_read(const json_t *config, struct health_config *ret, struct err *err)
{
	struct health_config c = { NULL, 0, 0, 0, 0, 0 };
	int64_t *const values[] = { &c.interval_nsec, &c.timeout_nsec, &c.start_period_nsec,
				    &c.start_interval_nsec };
	cleanup_strv char **test = NULL;
	int64_t retries = 0;
	json_t *health;
	int r = json_get_object(config, "Healthcheck", &health, err);

	if (r == 0 && health)
		r = json_get_strv(health, "Test", &test, err);
	for (size_t i = 0; r == 0 && health && i < ARRAY_SIZE(durations); i++)
		r = json_get_i64(health, durations[i], values[i], err);
	if (r == 0 && health)
		r = json_get_i64(health, "Retries", &retries, err);
	if (r == 0)
		r = read_test(config, test, &c.args, err);
	if (r < 0)
		return r;
	c.interval_nsec = c.interval_nsec > 0 ? c.interval_nsec : INTERVAL_NSEC;
	c.timeout_nsec = c.timeout_nsec > 0 ? c.timeout_nsec : TIMEOUT_NSEC;
	c.start_interval_nsec =
		c.start_interval_nsec > 0 ? c.start_interval_nsec : START_INTERVAL_NSEC;
	c.retries = retries > 0 && retries <= INT32_MAX ? (int)retries : RETRIES;
	*ret = c;
	return 0;
}
