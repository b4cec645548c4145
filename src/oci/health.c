/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/health.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/moment.h"
#include "base/str.h"
#include "oci/words.h"

static int set_health(json_t *health, const char *key, int64_t value, struct err *err)
{
	return json_object_set_new(health, key, json_integer(value)) < 0 ? err_nomem(err) : 0;
}

/* Reads an option, --NAME=VALUE, before the command of a health check. */
static int health_option(json_t *health, const char *word, struct err *err)
{
	static const struct {
		const char *option, *key;
	} options[] = {
		{ "--interval=", "Interval" },
		{ "--timeout=", "Timeout" },
		{ "--start-period=", "StartPeriod" },
		{ "--start-interval=", "StartInterval" },
	};
	const char *value = str_starts(word, "--retries=");
	uint32_t retries;
	int64_t nsec;

	if (value && str_to_u32(value, &retries) == 0)
		return set_health(health, "Retries", retries, err);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		value = str_starts(word, options[i].option);
		if (value && moment_duration(value, &nsec, NULL) == 0)
			return set_health(health, options[i].key, nsec, err);
	}
	return err_set(err, -EINVAL, "%s is no option of a health check", word);
}

static json_t *health_test(const char *arg)
{
	cleanup_json json_t *list = words_array(arg);
	json_t *test = json_pack("[s]", list ? "CMD" : "CMD-SHELL");

	if (!test || (list ? json_array_extend(test, list)
			   : json_array_append_new(test, json_string(arg))) < 0) {
		json_decref(test);
		return NULL;
	}
	return test;
}

int oci_health_parse(const char *arg, json_t **ret, struct err *err)
{
	cleanup_json json_t *health = json_object();
	const char *at = arg;

	while (health) {
		cleanup_free char *word = NULL;
		int r = words_next(&at, &word, err);

		if (r < 0)
			return r;
		if (word && strcasecmp(word, "NONE") == 0) {
			*ret = json_pack("{s:[s]}", "Test", "NONE");
			return *ret ? 0 : err_nomem(err);
		}
		if (word && strcasecmp(word, "CMD") == 0 && *(at += strspn(at, " \t")))
			break;
		if (!word || !str_starts(word, "--"))
			return err_set(err, -EINVAL, "CMD and a command, or NONE, is missing");
		r = health_option(health, word, err);
		if (r < 0)
			return r;
	}
	if (json_object_set_new(health, "Test", health_test(at)) < 0)
		return err_nomem(err);
	*ret = take_ptr(health);
	return 0;
}
