/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/container/places.h"

static void what_is_deeper_is_mounted_later(void **state)
{
	struct oci_tmpfs tmpfs[] = { { .path = (char[]){ "/a/b/t" } },
				     { .path = (char[]){ "/t" } } };
	cleanup(oci_mounts_reset) struct oci_mounts mounts = { 0 };
	struct oci_options o = { .tmpfs = tmpfs, .n_tmpfs = 2 };
	static const char *const want[] = { "/t", "//a/./", "/z", "/a/b", "/a/b/t", "/a/b/c/d" };
	cleanup_free struct place *places = NULL;
	size_t n;

	(void)state;
	assert_int_equal(oci_mounts_add(&mounts, "", "/a/b/c/d", 0, false), 0);
	assert_int_equal(oci_mounts_add(&mounts, "", "//a/./", 0, true), 0);
	assert_int_equal(oci_mounts_add(&mounts, "", "/z", 0, false), 0);
	assert_int_equal(oci_mounts_add(&mounts, "", "/a/b", 0, false), 0);
	o.mounts = mounts;
	assert_int_equal(places_sort(&o, &places, &n), 0);
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(places[i].path, want[i]);
	assert_ptr_equal(places[4].tmpfs, &tmpfs[0]);
	assert_null(places[1].tmpfs);
	assert_int_equal(places[1].share, 1);
	assert_true(places[1].copy);
	assert_int_equal(places[5].share, 0);
}

static void there_may_be_none(void **state)
{
	const struct oci_options o = { 0 };
	cleanup_free struct place *places = NULL;
	size_t n;

	(void)state;
	assert_int_equal(places_sort(&o, &places, &n), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_deeper_is_mounted_later),
		cmocka_unit_test(there_may_be_none),
	};

	return cmocka_run_group_tests_name("guest: places", tests, NULL, NULL);
}
