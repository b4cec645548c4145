/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/str.h"
#include "oci/runtime.h"

static void fill(struct oci_mounts *m)
{
	assert_int_equal(oci_mounts_add(m, "/home/me/src", "/src", MS_RDONLY | MS_NOSUID, false),
			 0);
	assert_int_equal(oci_mounts_add(m, "/volumes/a/_data", "/src/a", 0, true), 0);
}

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = len };
}

static void all_but_the_sources_arrive_in_the_guest(void **state)
{
	cleanup(oci_mounts_reset) struct oci_mounts sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct wire_view v;

	(void)state;
	fill(&sent);
	assert_int_equal(oci_mounts_put(&b, &sent), 0);
	v = view(&b, b.len);
	assert_int_equal(oci_mounts_get(&v, &got), 0);
	assert_int_equal(v.len, 0);
	assert_int_equal(got.n, 2);
	assert_string_equal(got.list[0].source, "");
	assert_string_equal(got.list[0].destination, "/src");
	assert_int_equal(got.list[0].flags, MS_RDONLY | MS_NOSUID);
	assert_false(got.list[0].copy);
	assert_string_equal(got.list[1].destination, "/src/a");
	assert_true(got.list[1].copy);
}

static void cut_payloads_are_refused(void **state)
{
	cleanup(oci_mounts_reset) struct oci_mounts sent = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	fill(&sent);
	assert_int_equal(oci_mounts_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++) {
		cleanup(oci_mounts_reset) struct oci_mounts got = { 0 };
		struct wire_view v = view(&b, len);

		assert_int_equal(oci_mounts_get(&v, &got), -EBADMSG);
	}
}

static void paths_and_flags_out_of_bounds_are_refused(void **state)
{
	cleanup(oci_mounts_reset) struct oci_mounts m = { 0 };
	char path[OCI_MOUNT_PATH_MAX + 1];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[OCI_MOUNT_PATH_MAX] = '\0';
	assert_int_equal(oci_mounts_add(&m, "/a", path, 0, false), -EINVAL);
	assert_int_equal(oci_mounts_add(&m, "a", "/a", 0, false), -EINVAL);
	assert_int_equal(oci_mounts_add(&m, "/a", "a", 0, false), -EINVAL);
	assert_int_equal(oci_mounts_add(&m, "/a/../b", "/a", 0, false), -EINVAL);
	assert_int_equal(oci_mounts_add(&m, "/a", "/..", 0, false), -EINVAL);
	assert_int_equal(oci_mounts_add(&m, "/a", "/a", MS_REMOUNT, false), -EINVAL);
	assert_int_equal(m.n, 0);
	path[OCI_MOUNT_PATH_MAX - 1] = '\0';
	assert_int_equal(oci_mounts_add(&m, "/..a/b..", path, 0, false), 0);
	while (m.n < OCI_MOUNTS_MAX)
		assert_int_equal(oci_mounts_add(&m, "/a", "/a", 0, false), 0);
	assert_int_equal(oci_mounts_add(&m, "/a", "/a", 0, false), -E2BIG);
}

#define BASE                                                                                       \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/"                      \
	"\"},\"root\":{\"path\":\"r\"},\"linux\":{\"resources\":{}},\"mounts\":["

static void config_json_keeps_them(void **state)
{
	static const char text[] =
		BASE "{\"destination\":\"/b\",\"type\":\"bind\",\"source\":\"/a\",\"options\":["
		     "\"rbind\",\"rprivate\",\"rw\",\"ro\",\"noexec\",\"moat.copy\"]},"
		     "{\"destination\":\"/t\",\"type\":\"tmpfs\"},"
		     "{\"destination\":\"/c\",\"type\":\"bind\",\"source\":\"/a\"}]}";
	cleanup_oci_runtime struct oci_runtime *rt = NULL, *back = NULL;
	cleanup_free char *written = NULL;
	const struct oci_mounts *m;
	struct err err;

	(void)state;
	if (oci_runtime_parse(text, strlen(text), &rt, &err) < 0)
		fail_msg("%s", err.msg);
	written = oci_runtime_write(rt);
	assert_non_null(written);
	if (oci_runtime_parse(written, strlen(written), &back, &err) < 0)
		fail_msg("%s", err.msg);
	m = &back->options.mounts;
	assert_int_equal(rt->options.mounts.n, 2);
	assert_int_equal(back->options.n_tmpfs, 1);
	assert_int_equal(m->n, 2);
	assert_string_equal(m->list[0].source, "/a");
	assert_string_equal(m->list[0].destination, "/b");
	assert_int_equal(m->list[0].flags, MS_RDONLY | MS_NOEXEC);
	assert_true(m->list[0].copy);
	assert_string_equal(m->list[1].destination, "/c");
	assert_int_equal(m->list[1].flags, 0);
}

static void malformed_mounts_are_named(void **state)
{
	static const char *const cases[][2] = {
		{ BASE "{\"destination\":\"/d\",\"type\":\"bind\"}]}", "source" },
		{ BASE "{\"source\":\"/s\",\"type\":\"bind\"}]}", "destination" },
		{ BASE "{\"destination\":\"d\",\"source\":\"/s\",\"type\":\"bind\"}]}", "\"d\"" },
		{ BASE "{\"destination\":\"/d\",\"source\":\"s\",\"type\":\"bind\"}]}", "\"/d\"" },
		{ BASE "{\"destination\":\"/d\",\"source\":\"/s\",\"type\":\"bind\",\"options\":"
		       "[\"fly\"]}]}",
		  "mount at \"/d\": invalid bind option \"fly\"" },
		{ BASE "{\"destination\":\"/d\",\"source\":\"/s\",\"type\":\"bind\",\"options\":"
		       "[\"size=1m\"]}]}",
		  "size=1m" },
		{ BASE "{\"destination\":\"/d\",\"source\":\"/s\",\"type\":\"nfs\"}]}", "type" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_runtime *rt = NULL;
		struct err err = { 0 };

		assert_true(oci_runtime_parse(cases[i][0], strlen(cases[i][0]), &rt, &err) < 0);
		if (!strstr(err.msg, cases[i][1]))
			fail_msg("%s", err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_but_the_sources_arrive_in_the_guest),
		cmocka_unit_test(cut_payloads_are_refused),
		cmocka_unit_test(paths_and_flags_out_of_bounds_are_refused),
		cmocka_unit_test(config_json_keeps_them),
		cmocka_unit_test(malformed_mounts_are_named),
	};

	return cmocka_run_group_tests_name("oci: mounts", tests, NULL, NULL);
}
