/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "oci/volume-spec.h"

static void expect_parts(const char *text, const char *source, const char *target, const char *mode)
{
	struct volume_spec v = { 0 };
	struct err err;

	if (volume_spec_parse(text, &v, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(v.source, source);
	assert_string_equal(v.target, target);
	assert_string_equal(v.mode, mode);
	volume_spec_reset(&v);
}

static void expect_error(const char *text, const char *message)
{
	struct volume_spec v = { 0 };
	struct err err;

	assert_int_equal(volume_spec_parse(text, &v, &err), -EINVAL);
	assert_string_equal(err.msg, message);
	assert_null(v.source);
}

static void colons_part_source_target_and_options(void **state)
{
	(void)state;
	expect_parts("/data", "", "/data", "");
	expect_parts("/srv:/data", "/srv", "/data", "");
	expect_parts("mine:/data", "mine", "/data", "");
	expect_parts("./here:/data:ro", "./here", "/data", "ro");
	expect_parts("/srv:/data:", "/srv", "/data", "");
	expect_parts("/srv:/data:ro,z,rslave,nocopy,cached", "/srv", "/data",
		     "ro,z,rslave,nocopy,cached");
	/* Not a mode: so a target, strange as it is. */
	expect_parts("/srv:ro,foo", "/srv", "ro,foo", "");
}

static void options_are_understood(void **state)
{
	struct volume_spec v = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(volume_spec_parse("a:/b:ro,nocopy,slave", &v, &err), 0);
	assert_true(v.read_only);
	assert_true(v.no_copy);
	assert_string_equal(v.propagation, "slave");
	volume_spec_reset(&v);
	assert_int_equal(volume_spec_parse("a:/b:rw", &v, &err), 0);
	assert_false(v.read_only);
	assert_false(v.no_copy);
	assert_string_equal(v.propagation, "");
	volume_spec_reset(&v);
	assert_int_equal(volume_spec_parse("/a:ro,foo", &v, &err), 0);
	assert_false(v.read_only);
	volume_spec_reset(&v);
}

static void what_is_no_specification_is_refused_in_dockers_words(void **state)
{
	(void)state;
	expect_error("", "invalid volume specification: ''");
	expect_error(":/data", "invalid volume specification: ':/data'");
	expect_error("/data:", "invalid volume specification: '/data:'");
	expect_error("/data:ro", "invalid volume specification: '/data:ro'");
	expect_error("a:b:ro:c", "invalid volume specification: 'a:b:ro:c'");
	expect_error("a:b:fast", "invalid mode: fast");
	expect_error("a:b:ro,rw", "invalid mode: ro,rw");
	expect_error("a:b:z,Z", "invalid mode: z,Z");
	expect_error("a:b:ro,", "invalid mode: ro,");
	expect_error("a:b:,ro", "invalid mode: ,ro");
	expect_error("a:b:shared,private", "invalid mode: shared,private");
}

static void words_of_propagation_are_known(void **state)
{
	(void)state;
	assert_string_equal(volume_propagation("rshared"), "rshared");
	assert_null(volume_propagation("ro"));
	assert_null(volume_propagation(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colons_part_source_target_and_options),
		cmocka_unit_test(options_are_understood),
		cmocka_unit_test(what_is_no_specification_is_refused_in_dockers_words),
		cmocka_unit_test(words_of_propagation_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
