/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/table/missing.h"
#include "cli/table/table.h"

/* The arguments of the test: the commands that get a manual page. */
static char **pages;

static const struct command *find(const char *a, const char *b, const char *c, size_t *ret_n)
{
	char *words[4] = { (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c, NULL };

	return command_find(words, ret_n);
}

static void every_command_has_a_manual_page(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c), n++) {
		bool found = false;

		for (char **p = pages; *p && !found; p++)
			found = streq(*p, c->name);
		if (!found)
			fail_msg("cli_commands in src/cli/meson.build lacks \"%s\"", c->name);
	}
	assert_int_equal(n, strv_len(pages));
}

static void what_is_missing_is_not_there(void **state)
{
	size_t n;
	const struct command *run = find("run", NULL, NULL, &n);

	(void)state;
	assert_non_null(missing_command("swarm"));
	assert_null(missing_command("nosuch"));
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		assert_null(missing_command(c->name));
	assert_non_null(missing_option("create", "device", 6));
	assert_null(missing_option("run", "devic", 5));
	assert_null(missing_option("exec", "device", 6));
	for (const struct option_def *d = run->options; d->name; d++) {
		assert_null(missing_option("run", d->name, strlen(d->name)));
		assert_null(d->letter ? missing_option("run", &d->letter, 1) : NULL);
	}
}

static void every_command_is_described(void **state)
{
	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		assert_non_null(c->run);
		assert_non_null(c->synopsis);
		assert_true(isupper((unsigned char)c->summary[0]));
		assert_false(str_ends(c->summary, "."));
		assert_true(str_ends(c->description, "."));
		assert_true(c->failure_status == 0 || c->failure_status == 125);
	}
}

static void no_option_of_a_command_is_there_twice(void **state)
{
	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		for (const struct option_def *a = c->options; a && a->name; a++) {
			assert_non_null(a->help);
			for (const struct option_def *b = a + 1; b->name; b++) {
				assert_string_not_equal(a->name, b->name);
				assert_true(!a->letter || a->letter != b->letter);
			}
		}
}

static void commands_of_two_and_three_words_are_found(void **state)
{
	size_t n;

	(void)state;
	assert_string_equal(find("image", "ls", "-q", &n)->name, "image ls");
	assert_int_equal(n, 2);
	assert_string_equal(find("system", "kernel", "set", &n)->name, "system kernel set");
	assert_int_equal(n, 3);
	assert_string_equal(find("run", "image", "ls", &n)->name, "run");
	assert_int_equal(n, 1);
	assert_null(find("image", "nosuch", NULL, &n));
	assert_null(find("image", NULL, NULL, &n));
	assert_string_equal(find("container", "run", "x", &n)->name, "run");
	assert_int_equal(n, 2);
	assert_string_equal(find("container", "ls", "-a", &n)->name, "ps");
	assert_string_equal(find("container", "prune", NULL, &n)->name, "container prune");
	assert_string_equal(find("image", "pull", NULL, &n)->name, "pull");
	assert_string_equal(find("system", "info", NULL, &n)->name, "system info");
	assert_null(find("container", "pull", NULL, &n));
	assert_null(find("image", "ps", NULL, &n));
	assert_null(find("container", "container", "prune", &n));
	assert_true(command_is_group("image"));
	assert_true(command_is_group("container"));
	assert_false(command_is_group("run"));
	assert_false(command_is_group("imag"));
}

static void aliases_lead_to_commands(void **state)
{
	size_t n;

	(void)state;
	assert_string_equal(find("images", "-q", NULL, &n)->name, "image ls");
	assert_int_equal(n, 1);
	for (const struct command_alias *a = command_aliases; a->name; a++) {
		bool found = false;

		for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
			assert_string_not_equal(c->name, a->name);
			found = found || streq(c->name, a->command);
		}
		assert_true(found);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_a_manual_page),
		cmocka_unit_test(what_is_missing_is_not_there),
		cmocka_unit_test(every_command_is_described),
		cmocka_unit_test(no_option_of_a_command_is_there_twice),
		cmocka_unit_test(commands_of_two_and_three_words_are_found),
		cmocka_unit_test(aliases_lead_to_commands),
	};

	(void)argc;
	pages = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
