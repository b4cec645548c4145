/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "oci/secrets.h"

static struct oci_secret *add(struct oci_secrets *s, const char *path, const char *data)
{
	struct oci_secret *item = oci_secrets_add(s);

	assert_non_null(item);
	item->path = strdup(path);
	assert_int_equal(buf_adds(&item->data, data), 0);
	return item;
}

static void what_is_written_is_read(void **state)
{
	cleanup(oci_secrets_reset) struct oci_secrets s = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct oci_secret *item = add(&s, "/run/secrets/a", "one");
	struct wire_view v;

	(void)state;
	item->uid = 7;
	item->gid = 4294967294u;
	item->mode = 0440;
	add(&s, "/etc/b", "");
	assert_int_equal(oci_secrets_put(&b, &s), 0);
	v = (struct wire_view){ (const unsigned char *)b.data, b.len };
	assert_int_equal(oci_secrets_get(&v, &got), 0);
	assert_int_equal(v.len, 0);
	assert_int_equal(got.n, 2);
	assert_string_equal(got.items[0].path, "/run/secrets/a");
	assert_int_equal(got.items[0].uid, 7);
	assert_int_equal(got.items[0].gid, 4294967294u);
	assert_int_equal(got.items[0].mode, 0440);
	assert_int_equal(got.items[0].data.len, 3);
	assert_memory_equal(got.items[0].data.data, "one", 3);
	assert_int_equal(got.items[1].data.len, 0);
}

/* Every beginning of a message is refused, as is one whose numbers are too large. */
static void what_is_cut_short_is_refused(void **state)
{
	cleanup(oci_secrets_reset) struct oci_secrets s = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	add(&s, "/run/secrets/a", "one");
	assert_int_equal(oci_secrets_put(&b, &s), 0);
	for (size_t len = 0; len < b.len; len++) {
		cleanup(oci_secrets_reset) struct oci_secrets got = { 0 };
		struct wire_view v = { (const unsigned char *)b.data, len };

		assert_int_equal(oci_secrets_get(&v, &got), -EBADMSG);
	}
	b.data[0] = 65;
	{
		cleanup(oci_secrets_reset) struct oci_secrets got = { 0 };
		struct wire_view v = { (const unsigned char *)b.data, b.len };

		assert_int_equal(oci_secrets_get(&v, &got), -EBADMSG);
	}
}

static void paths_lead_to_a_file_and_nowhere_else(void **state)
{
	static const char *const good[] = { "/a", "/run/secrets/a.b", "/a/..b/c" };
	static const char *const wrong[] = { "",      "a",   "/",	"/a/", "//a",
					     "/a//b", "/..", "/a/../b", "/a/." };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(oci_secret_path_is_good(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(oci_secret_path_is_good(wrong[i]));
}

static void there_are_not_more_than_64(void **state)
{
	cleanup(oci_secrets_reset) struct oci_secrets s = { 0 };

	(void)state;
	for (unsigned i = 0; i < OCI_SECRETS_MAX; i++)
		assert_non_null(oci_secrets_add(&s));
	assert_null(oci_secrets_add(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(paths_lead_to_a_file_and_nowhere_else),
		cmocka_unit_test(there_are_not_more_than_64),
	};

	return cmocka_run_group_tests_name("oci: secrets", tests, NULL, NULL);
}
