/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/machine/template-files.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *identity_text = "version and arguments";

static int identity(const struct machine *m, char **ret, struct err *err)
{
	(void)m, (void)err;
	*ret = strdup(identity_text);
	return *ret ? 0 : -ENOMEM;
}

static const struct engine one = { .name = "one",
				   .features = ENGINE_SNAPSHOT,
				   .identity = identity };
static const struct engine other = { .name = "other",
				     .features = ENGINE_SNAPSHOT,
				     .identity = identity };

static struct machine_plan plan(void)
{
	return (struct machine_plan){ .engine = &one,
				      .kernel = { .hash = HEX },
				      .cpus = 2,
				      .memory_bytes = GIB(1),
				      .disk_bytes = GIB(16) };
}

static void assert_other_key(const struct machine_plan *p)
{
	const struct machine_plan usual = plan();
	char a[65], b[65];

	assert_int_equal(machine_template_key(&usual, a, NULL), 0);
	assert_int_equal(machine_template_key(p, b, NULL), 0);
	assert_string_not_equal(a, b);
}

static void equal_machines_have_equal_keys(void **state)
{
	struct machine_plan p = plan();
	char a[65], b[65];

	(void)state;
	assert_int_equal(machine_template_key(&p, a, NULL), 0);
	p.cold = true;
	assert_int_equal(machine_template_key(&p, b, NULL), 0);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), 64);
	assert_int_equal(strspn(a, "0123456789abcdef"), 64);
}

static void what_makes_a_machine_another_makes_the_key_another(void **state)
{
	struct machine_plan p = plan();
	char usual[65], changed[65];

	(void)state;
	p.engine = &other;
	assert_other_key(&p);
	p = plan();
	p.cpus = 3;
	assert_other_key(&p);
	p = plan();
	p.memory_bytes *= 2;
	assert_other_key(&p);
	p = plan();
	p.disk_bytes *= 2;
	assert_other_key(&p);
	p = plan();
	p.kernel.hash[0] = 'f';
	assert_other_key(&p);

	p = plan();
	assert_int_equal(machine_template_key(&p, usual, NULL), 0);
	identity_text = "another version";
	assert_int_equal(machine_template_key(&p, changed, NULL), 0);
	identity_text = "version and arguments";
	assert_string_not_equal(usual, changed);
}

static void an_engine_without_snapshots_has_no_key(void **state)
{
	const struct engine plain = { .name = "plain" };
	struct machine_plan p = plan();
	struct err err = { 0 };
	char key[65] = "untouched";

	(void)state;
	p.engine = &plain;
	assert_int_equal(machine_template_key(&p, key, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "plain"));
	assert_string_equal(key, "untouched");
}

static int parse(const char *text, struct template_info *ret)
{
	return template_info_parse(text, strlen(text), ret, NULL);
}

/* A good template.json with one member as given, or without it. */
static char *info_with(const char *key, const char *value)
{
	static const char *const members[][2] = {
		{ "format", "2" },
		{ "key", "\"" HEX "\"" },
		{ "kernel", "\"" HEX "\"" },
		{ "engine", "\"one\"" },
		{ "cpus", "2" },
		{ "memory_bytes", "4096" },
		{ "created_nsec", "5" },
		{ "memory_sha256", "\"" HEX "\"" },
		{ "state_sha256", "\"" HEX "\"" },
	};
	cleanup(buf_reset) struct buf b = BUF_INIT;

	assert_int_equal(buf_adds(&b, "{\"moat\":\"any\""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *v = streq(members[i][0], key) ? value : members[i][1];

		if (v)
			assert_int_equal(buf_addf(&b, ",\"%s\":%s", members[i][0], v), 0);
	}
	assert_int_equal(buf_adds(&b, "}"), 0);
	return strdup(b.data);
}

static void assert_refused(const char *key, const char *value)
{
	cleanup_free char *text = info_with(key, value);
	struct template_info info = { .cpus = 77 };

	if (parse(text, &info) != -EBADMSG)
		fail_msg("accepted: %s", text);
	assert_int_equal(info.cpus, 77);
}

static void a_good_description_is_read(void **state)
{
	cleanup_free char *text = info_with("", NULL);
	struct template_info info;

	(void)state;
	assert_int_equal(parse(text, &info), 0);
	assert_string_equal(info.kernel, HEX);
	assert_string_equal(info.engine, "one");
	assert_int_equal(info.cpus, 2);
	assert_int_equal(info.memory_bytes, 4096);
	assert_int_equal(info.created_nsec, 5);
	assert_string_equal(info.memory_sha256, HEX);
	assert_string_equal(info.state_sha256, HEX);
}

static void a_description_that_lacks_a_member_is_refused(void **state)
{
	static const char *const keys[] = { "format",	    "key",	     "kernel",
					    "engine",	    "cpus",	     "memory_bytes",
					    "created_nsec", "memory_sha256", "state_sha256" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_refused(keys[i], NULL);
		assert_refused(keys[i], "null");
		assert_refused(keys[i], "[]");
	}
}

static void bad_members_of_a_description_are_refused(void **state)
{
	(void)state;
	assert_refused("format", "1");
	assert_refused("cpus", "-1");
	assert_refused("memory_bytes", "0");
	assert_refused("memory_bytes", "99999999999999999999");
	assert_refused("kernel", "\"0123\"");
	assert_refused("memory_sha256", "\"" HEX "0\"");
	assert_refused("state_sha256",
		       "\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"");
	assert_refused("engine", "\"a name that is longer than any engine's could be\"");
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "1", "{}", "null", "{\"format\":1" };
	struct template_info info;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(parse(texts[i], &info), -EBADMSG);
}

static int new_memory(size_t pages)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(pages * 4096)), 0);
	return fd;
}

static void pages_are_copied_and_their_digest_covers_their_places(void **state)
{
	cleanup_close int from = new_memory(200), to = new_memory(200), moved = new_memory(200);
	cleanup_close int sink = new_memory(200);
	char a[65], b[65], c[65], page[4096];

	(void)state;
	assert_int_equal(fd_pwrite_all(from, "first", 5, 4096), 0);
	assert_int_equal(fd_pwrite_all(from, "last", 4, 200 * 4096 - 4), 0);
	assert_int_equal(fd_pwrite_all(moved, "first", 5, 2 * 4096), 0);
	assert_int_equal(fd_pwrite_all(moved, "last", 4, 200 * 4096 - 4), 0);
	assert_int_equal(template_pages_copy(from, to, a), 0);
	assert_int_equal(fd_pread_exact(to, page, sizeof(page), 4096), 0);
	assert_memory_equal(page, "first", 6);
	assert_int_equal(fd_pread_exact(to, page, sizeof(page), 199 * 4096), 0);
	assert_memory_equal(page + 4092, "last", 4);
	assert_int_equal(template_pages_copy(to, sink, b), 0);
	assert_string_equal(a, b);
	assert_int_equal(template_pages_copy(moved, sink, c), 0);
	assert_string_not_equal(a, c);
}

static void a_page_written_with_zeros_counts_as_none(void **state)
{
	cleanup_close int hole = new_memory(3), zeros = new_memory(3), sink = new_memory(3);
	static const char page[4096];
	char a[65], b[65];

	(void)state;
	assert_int_equal(fd_pwrite_all(zeros, page, sizeof(page), 4096), 0);
	assert_int_equal(template_pages_copy(hole, sink, a), 0);
	assert_int_equal(template_pages_copy(zeros, sink, b), 0);
	assert_string_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_machines_have_equal_keys),
		cmocka_unit_test(what_makes_a_machine_another_makes_the_key_another),
		cmocka_unit_test(an_engine_without_snapshots_has_no_key),
		cmocka_unit_test(a_good_description_is_read),
		cmocka_unit_test(a_description_that_lacks_a_member_is_refused),
		cmocka_unit_test(bad_members_of_a_description_are_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(pages_are_copied_and_their_digest_covers_their_places),
		cmocka_unit_test(a_page_written_with_zeros_counts_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
