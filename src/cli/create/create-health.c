/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-health.h"

#include <errno.h>

#include "base/moment.h"
#include "base/str.h"
#include "cli/create/create-put.h"

static int put_times(const struct options *o, json_t *health, struct err *err)
{
	static const struct {
		const char *option, *key;
	} times[] = {
		{ "health-interval", "Interval" },
		{ "health-timeout", "Timeout" },
		{ "health-start-period", "StartPeriod" },
		{ "health-start-interval", "StartInterval" },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(times); i++) {
		const char *text = options_value(o, times[i].option);
		int64_t nsec = 0;

		r = text ? moment_duration(text, &nsec, err) : 0;
		if (r == 0 && text)
			r = create_put(health, times[i].key, json_integer(nsec), err);
	}
	return r;
}

static int put_retries(const struct options *o, json_t *health, struct err *err)
{
	const char *text = options_value(o, "health-retries");
	uint32_t n;

	if (!text)
		return 0;
	if (str_to_u32(text, &n) < 0 || n > INT32_MAX)
		return err_set(err, -EINVAL, "invalid number of retries \"%s\"", text);
	return create_put(health, "Retries", json_integer(n), err);
}

int create_health(const struct options *o, json_t **ret, struct err *err)
{
	cleanup_json json_t *health = json_object();
	const char *command = options_value(o, "health-cmd");
	bool none = options_flag(o, "no-healthcheck");
	int r = health ? put_times(o, health, err) : err_nomem(err);

	if (r == 0)
		r = put_retries(o, health, err);
	if (r == 0 && command)
		r = create_put(health, "Test", json_pack("[s, s]", "CMD-SHELL", command), err);
	if (r == 0 && none && json_object_size(health) > 0)
		return err_set(err, -EINVAL, "--no-healthcheck conflicts with --health-* options");
	if (r == 0 && none)
		r = create_put(health, "Test", json_pack("[s]", "NONE"), err);
	if (r == 0 && json_object_size(health) > 0)
		*ret = take_ptr(health);
	return r;
}
