/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers that behave and helpers that do not, each a shell script on PATH. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "folder.h"
#include "secret/helper.h"

/* Makes docker-credential-NAME.  Return: owned, as helper_find() finds it. */
static char *make_helper(const struct folder *f, const char *name, const char *script)
{
	cleanup_free char *file = str_printf("docker-credential-%s", name);
	cleanup_free char *text = str_printf("#!/bin/sh\n%s\n", script);
	char *program = NULL;

	folder_put(f, file, text);
	assert_int_equal(fchmodat(f->fd, file, 0700, 0), 0);
	assert_int_equal(setenv("PATH", f->path, 1), 0);
	assert_int_equal(helper_find(name, &program, NULL), 0);
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
	return program;
}

static void a_helper_gives_what_it_keeps(void **state)
{
	cleanup_free char *program = make_helper(
		*state, "good",
		"[ $1 = get ] && read -r url; "
		"printf '{\"ServerURL\":\"%s\",\"Username\":\"u\",\"Secret\":\"p\"}' \"$url\"");
	cleanup(credentials_reset) struct credentials c = { 0 };

	assert_int_equal(helper_get(program, "localhost:5000", &c, NULL), 0);
	assert_string_equal(c.username, "u");
	assert_string_equal(c.password, "p");
}

static void a_helper_is_given_the_secret_on_its_input_alone(void **state)
{
	cleanup_free char *script =
		str_printf("echo \"$@\" >%s/arguments; cat >%s/input; exit 0",
			   ((struct folder *)*state)->path, ((struct folder *)*state)->path);
	cleanup_free char *program = make_helper(*state, "store", script);
	cleanup_free char *arguments = NULL, *input = NULL;
	struct credentials c = { .identity_token = strdup("canary") };
	struct err err = { 0 };
	char text[256] = "";
	FILE *f;

	assert_int_equal(helper_store(program, "r", &c, &err), 0);
	arguments = str_printf("%s/arguments", ((struct folder *)*state)->path);
	input = str_printf("%s/input", ((struct folder *)*state)->path);
	f = fopen(arguments, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "store\n");
	fclose(f);
	f = fopen(input, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "{\"ServerURL\":\"r\",\"Username\":\"<token>\","
				  "\"Secret\":\"canary\"}");
	fclose(f);
	credentials_reset(&c);
}

static void a_helper_that_knows_nothing_says_so(void **state)
{
	cleanup_free char *program = make_helper(
		*state, "empty", "echo credentials not found in native keychain; exit 1");
	struct credentials c = { 0 };
	struct err err = { 0 };

	assert_int_equal(helper_get(program, "r", &c, &err), -ENOENT);
	assert_int_equal(helper_erase(program, "r", &err), -ENOENT);
}

static void an_answer_of_nothing_says_so_too(void **state)
{
	cleanup_free char *program =
		make_helper(*state, "hollow", "echo '{\"Username\":\"\",\"Secret\":\"\"}'");
	struct credentials c = { 0 };

	assert_int_equal(helper_get(program, "r", &c, NULL), -ENOENT);
}

static void one_that_dies_or_talks_nonsense_has_no_answer(void **state)
{
	static const struct {
		const char *script;
		int result;
	} cases[] = { { "kill -9 $$", -EIO },
		      { "echo '{\"Username\":\"u\",\"Secret\":\"s\"}'; kill -9 $$", -EIO },
		      { "exit 0", -EBADMSG },
		      { "head -c 5000 /dev/urandom", -EBADMSG },
		      { "exec <&- >&-", -EBADMSG } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *program = make_helper(*state, "odd", cases[i].script);
		cleanup(credentials_reset) struct credentials c = { 0 };
		struct err err = { 0 };

		assert_int_equal(helper_get(program, "r", &c, &err), cases[i].result);
		assert_true(*err.msg);
	}
}

static void a_failure_has_the_helpers_own_words(void **state)
{
	cleanup_free char *program =
		make_helper(*state, "locked", "echo the vault is locked; exit 1");
	struct credentials c = { 0 };
	struct err err = { 0 };

	assert_int_equal(helper_get(program, "r", &c, &err), -EIO);
	assert_string_equal(err.msg, "docker-credential-locked: the vault is locked");
}

static void an_answer_without_end_is_cut_off(void **state)
{
	cleanup_free char *program = make_helper(*state, "endless", "exec cat /dev/zero");
	struct credentials c = { 0 };
	struct err err = { 0 };

	assert_int_equal(helper_get(program, "r", &c, &err), -EBADMSG);
}

static void a_helper_that_lingers_is_ended(void **state)
{
	cleanup_free char *program =
		make_helper(*state, "slow", "printf '{\"a\":\"u\"}'; exec >&-; exec sleep 1000");
	cleanup_json json_t *list = NULL;
	struct err err = { 0 };

	/* Its status says that it was killed. */
	assert_int_equal(helper_list(program, &list, &err), -EIO);
}

static void answers_are_checked(void **state)
{
	static const char *const wrong[] = { "",
					     "[]",
					     "{}",
					     "{\"Username\":\"u\"}",
					     "{\"Username\":1,\"Secret\":\"s\"}",
					     "{\"Secret\":\"s\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup(credentials_reset) struct credentials c = { 0 };
		struct err err = { 0 };

		assert_int_equal(helper_read_answer(wrong[i], strlen(wrong[i]), &c, &err),
				 -EBADMSG);
		assert_true(*err.msg);
	}
}

static void names_of_helpers_lead_to_no_other_folder(void **state)
{
	static const char *const wrong[] = { "", "../sh", "a/b", ".x", "a b" };
	char *program = NULL;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(helper_find(wrong[i], &program, &err), -EINVAL);
	assert_int_equal(helper_find("not-there", &program, &err), -ENOENT);
	assert_string_equal(err.msg, "docker-credential-not-there is not on PATH");
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(helper_find("pass", &program, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "install golang-docker-credential-helpers"));
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_helper_gives_what_it_keeps),
		cmocka_unit_test(a_helper_is_given_the_secret_on_its_input_alone),
		cmocka_unit_test(a_helper_that_knows_nothing_says_so),
		cmocka_unit_test(an_answer_of_nothing_says_so_too),
		cmocka_unit_test(one_that_dies_or_talks_nonsense_has_no_answer),
		cmocka_unit_test(a_failure_has_the_helpers_own_words),
		cmocka_unit_test(an_answer_without_end_is_cut_off),
		cmocka_unit_test(a_helper_that_lingers_is_ended),
		cmocka_unit_test(answers_are_checked),
		cmocka_unit_test(names_of_helpers_lead_to_no_other_folder),
	};

	return cmocka_run_group_tests_name("secret: helper", tests, folder_set_up,
					   folder_tear_down);
}
