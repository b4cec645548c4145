/* SPDX-License-Identifier: Apache-2.0 */
/* What moat does with each member of a create request: told to the user, and in the docs. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/spec/field-table.h"
#include "daemon/spec/fields.h"
#include "daemon/spec/host-config.h"

static char **warnings_of(const char *body_text)
{
	cleanup_json json_t *body = NULL;
	char **warnings = NULL;
	struct err err;

	assert_int_equal(json_read(body_text, strlen(body_text), "body", &body, &err), 0);
	if (fields_check(body, &warnings, &err) < 0 ||
	    host_config_warn(json_object_get(body, "HostConfig"), &warnings) < 0)
		fail_msg("%s", err.msg);
	return warnings;
}

static void names_of_the_host_on_internal_networks_are_said(void **state)
{
	cleanup_json json_t *host =
		json_pack("{s:[s, s]}", "ExtraHosts", "a:1.1.1.1", "h:host-gateway");
	cleanup_strv char **all = NULL;

	(void)state;
	assert_int_equal(host_config_warn_closed(host, "closed", &all), 0);
	assert_int_equal(strv_len(all), 1);
	assert_string_equal(all[0],
			    "h:host-gateway: network closed is internal, there is no way to "
			    "the host, so it is not in /etc/hosts");
}

static void what_has_no_effect_is_said(void **state)
{
	cleanup_strv char **all = warnings_of(
		"{\"OnBuild\":[\"a\"],\"Fly\":\"high\",\"HostConfig\":{\"CpusetMems\":\"0\","
		"\"OomKillDisable\":true,\"Memory\":1,\"MemorySwap\":2,\"NetworkMode\":\"none\","
		"\"Links\":[\"a:b\"],\"ExtraHosts\":[\"a:1.1.1.1\",\"h:host-gateway\"]}}");
	cleanup_strv char **docker = warnings_of(
		"{\"ArgsEscaped\":false,\"Volumes\":{},\"OnBuild\":null,\"ExposedPorts\":{\"80/"
		"tcp\":{}},"
		"\"HostConfig\":{\"Dns\":[],\"CpuShares\":0,\"MemorySwappiness\":-1,"
		"\"OomKillDisable\":"
		"false,\"CpusetCpus\":\"\",\"LogConfig\":{\"Type\":\"\",\"Config\":{}},\"IpcMode\":"
		"\"private\",\"Isolation\":\"default\"},\"NetworkingConfig\":{\"EndpointsConfig\":"
		"{\"default\":{\"IPAMConfig\":null,\"MacAddress\":\"\"},\"none\":null}}}");

	(void)state;
	assert_int_equal(strv_len(all), 7);
	assert_string_equal(all[0], "OnBuild has no effect: it is for builds on an image");
	assert_string_equal(all[1], "Fly has no effect: moat does not know it");
	assert_null(docker);
}

static const char *row_of(const struct field *f, char *ret, size_t size)
{
	static const char *const effects[] = { "effective", "ignored", "refused" };
	int n = snprintf(ret, size, "| `%s` | %s", f->name, effects[f->effect]);

	for (size_t i = 0; i < FIELD_FINE_MAX && f->fine[i]; i++)
		n += snprintf(ret + n, size - (size_t)n, "%s`%s`", i ? ", " : " but for ",
			      f->fine[i]);
	snprintf(ret + n, size - (size_t)n, " | %s%s|", f->why ? f->why : "", f->why ? " " : "");
	return ret;
}

static void the_documented_table_is_that_of_the_code(void **state)
{
	static const char *const titles[] = { "The request", "HostConfig", "NetworkingConfig",
					      "EndpointsConfig", "IPAMConfig" };
	cleanup(buf_reset) struct buf read = BUF_INIT;
	const char *page;
	char text[512];

	assert_int_equal(file_read_at(AT_FDCWD, *state, 1 << 20, &read), 0);
	page = read.data;

	for (enum field_place place = 0; place < FIELD_PLACES; place++) {
		size_t n;
		const struct field *fields = fields_of(place, &n);

		snprintf(text, sizeof(text), "\n## %s\n\n| member | moat | | example |\n",
			 titles[place]);
		page = strstr(page, text);
		if (!page)
			fail_msg("not in docs/api/create.md: %s", text);
		page = strstr(page, "---|\n") + strlen("---|\n");
		for (size_t i = 0; i < n; i++) {
			if (!str_starts(page, row_of(&fields[i], text, sizeof(text))))
				fail_msg("expected in docs/api/create.md: %s", text);
			page = strchr(page, '\n') + 1;
		}
		assert_int_not_equal(*page, '|');
	}
}

/* Of docs/api/create.md. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_effect_is_said),
		cmocka_unit_test(names_of_the_host_on_internal_networks_are_said),
		cmocka_unit_test_prestate(the_documented_table_is_that_of_the_code, argv[1]),
	};

	return argc == 2 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
