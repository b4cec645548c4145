/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "oci/process.h"

static int get(const char *data, size_t len, struct oci_process **ret)
{
	struct wire_view v = { .data = (const unsigned char *)data, .len = len };
	int r = oci_process_get(&v, ret);

	if (r == 0)
		assert_int_equal(v.len, 0);
	return r;
}

static void put_example(struct buf *b, const char *cwd, bool has_args)
{
	char arg[] = "sh", var[] = "A=b", user[] = "alice:staff", type[] = "RLIMIT_NOFILE";
	cleanup_free char *dir = strdup(cwd);
	char *args[] = { has_args ? arg : NULL, NULL }, *env[] = { var, NULL };
	struct oci_rlimit limit = { .type = type, .soft = 1, .hard = UINT64_MAX };
	struct oci_process p = {
		.args = args,
		.env = env,
		.cwd = dir,
		.user = user,
		.terminal = true,
		.rows = 24,
		.cols = 80,
		.no_new_privileges = true,
		.capabilities = 0xa80425fb,
		.rlimits = &limit,
		.n_rlimits = 1,
	};

	assert_int_equal(oci_process_put(b, &p), 0);
}

static void process_comes_back_as_it_went(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_oci_process struct oci_process *p = NULL;

	(void)state;
	put_example(&b, "/work", true);
	assert_int_equal(get(b.data, b.len, &p), 0);
	assert_int_equal(strv_len(p->args), 1);
	assert_string_equal(p->args[0], "sh");
	assert_string_equal(p->env[0], "A=b");
	assert_string_equal(p->cwd, "/work");
	assert_string_equal(p->user, "alice:staff");
	assert_true(p->terminal);
	assert_false(p->open_stdin);
	assert_true(p->no_new_privileges);
	assert_int_equal(p->rows, 24);
	assert_int_equal(p->cols, 80);
	assert_int_equal(p->capabilities, 0xa80425fb);
	assert_int_equal(p->n_rlimits, 1);
	assert_string_equal(p->rlimits[0].type, "RLIMIT_NOFILE");
	assert_true(p->rlimits[0].hard == UINT64_MAX);
}

static void process_cut_anywhere_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct oci_process *p = NULL;

	(void)state;
	put_example(&b, "/", true);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(get(b.data, len, &p), -EBADMSG);
	assert_null(p);
}

static void process_without_arguments_or_absolute_folder_is_refused(void **state)
{
	cleanup(buf_reset) struct buf none = BUF_INIT, relative = BUF_INIT;
	struct oci_process *p = NULL;

	(void)state;
	put_example(&none, "/", false);
	assert_int_equal(get(none.data, none.len, &p), -EBADMSG);
	put_example(&relative, "work", true);
	assert_int_equal(get(relative.data, relative.len, &p), -EBADMSG);
}

static void process_with_a_count_that_cannot_be_is_refused(void **state)
{
	struct oci_process *p = NULL;

	(void)state;
	assert_int_equal(get("\xff\xff\xff\xff\0\0\0\0", 8, &p), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(process_comes_back_as_it_went),
		cmocka_unit_test(process_cut_anywhere_is_refused),
		cmocka_unit_test(process_without_arguments_or_absolute_folder_is_refused),
		cmocka_unit_test(process_with_a_count_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
