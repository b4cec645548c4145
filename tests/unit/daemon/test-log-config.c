/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/str.h"
#include "daemon/spec/log-config.h"

static int read_text(const char *log, struct log_config *ret, struct err *err)
{
	cleanup_free char *text = str_printf("{\"LogConfig\":%s}", log);
	cleanup_json json_t *host = NULL;

	assert_int_equal(json_read(text, strlen(text), "host", &host, NULL), 0);
	return log_config_read(host, ret, err);
}

static void expect(const char *log, uint64_t bytes, uint64_t files)
{
	struct log_config c;
	struct err err;

	assert_int_equal(read_text(log, &c, &err), 0);
	assert_int_equal(c.max_bytes, bytes);
	assert_int_equal(c.max_files, files);
}

static void a_log_is_bounded_unless_somebody_says_otherwise(void **state)
{
	(void)state;
	expect("null", MIB(20), 5);
	expect("{}", MIB(20), 5);
	expect("{\"Type\":\"\",\"Config\":{}}", MIB(20), 5);
	expect("{\"Type\":\"local\",\"Config\":null}", MIB(20), 5);
	expect("{\"Config\":{\"max-size\":\"-1\",\"max-file\":\"2\"}}", 0, 2);
}

static void options_are_dockers(void **state)
{
	(void)state;
	expect("{\"Config\":{\"max-size\":\"10m\",\"max-file\":\"3\"}}", MIB(10), 3);
	expect("{\"Config\":{\"max-size\":\"1k\"}}", 1024, 1);
	expect("{\"Config\":{\"max-file\":\"7\"}}", MIB(20), 7);
	expect("{\"Config\":{\"mode\":\"non-blocking\",\"tag\":\"x\"}}", MIB(20), 5);
	expect("{\"Type\":\"none\",\"Config\":{\"max-size\":\"10m\"}}", 0, 0);
}

static void others_are_refused(void **state)
{
	static const struct {
		const char *log;
		int code;
	} bad[] = {
		{ "{\"Type\":\"syslog\"}", -EOPNOTSUPP },
		{ "{\"Type\":3}", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{\"Config\":{\"max-size\":\"0\"}}", -EINVAL },
		{ "{\"Config\":{\"max-size\":\"much\"}}", -EINVAL },
		{ "{\"Config\":{\"max-size\":10}}", -EBADMSG },
		{ "{\"Config\":{\"max-file\":\"0\"}}", -EINVAL },
		{ "{\"Config\":{\"max-file\":\"-3\"}}", -EINVAL },
		{ "{\"Config\":{\"mode\":\"fast\"}}", -EINVAL },
		{ "{\"Config\":{\"max-sizes\":\"1m\"}}", -EINVAL },
	};
	struct log_config c;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(read_text(bad[i].log, &c, &err), bad[i].code);
}

static void options_without_effect_are_said(void **state)
{
	static const char text[] = "{\"LogConfig\":{\"Config\":{\"compress\":\"true\",\"max-file\":"
				   "\"2\"}}}";
	cleanup_json json_t *host = NULL;
	cleanup_strv char **warnings = NULL;

	(void)state;
	assert_int_equal(json_read(text, strlen(text), "host", &host, NULL), 0);
	assert_int_equal(log_config_warn(host, &warnings), 0);
	assert_non_null(strstr(warnings[0], "compress"));
	assert_null(warnings[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_bounded_unless_somebody_says_otherwise),
		cmocka_unit_test(options_are_dockers),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(options_without_effect_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
