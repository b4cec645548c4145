/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table/options.h"

static const struct option_def options[] = { { 'd', "detach", NULL, "" },
					     { 'e', "env", "KEY", "" },
					     { 'h', "hostname", "NAME", "" },
					     { 'i', "interactive", NULL, "" },
					     { 0, "rm", NULL, "" },
					     { 't', "tty", NULL, "" },
					     { 0 } };

static const struct command run = { .name = "run",
				    .options = options,
				    .min_args = 1,
				    .max_args = ARGS_ANY,
				    .stops_at_argument = true };
static const struct command mixed = {
	.name = "rm", .options = options, .min_args = 1, .max_args = 2
};
static const struct command none = { .name = "ps" };

#define PARSE(cmd, o, err, ...) options_parse(cmd, (char *[]){ __VA_ARGS__, NULL }, o, err)

static char *word(const char *s)
{
	return (char *)(uintptr_t)s;
}

#define W(s) word(s)

static void short_flags_combine(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("-it"), W("img")), 0);
	assert_true(options_flag(&o, "interactive"));
	assert_true(options_flag(&o, "tty"));
	assert_false(options_flag(&o, "detach"));
	options_reset(&o);
}

static void values_come_attached_or_as_the_next_word(void **state)
{
	struct options o;
	size_t cursor = 0;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("-e"), W("A=1"), W("-eB=2"), W("--env=C=3"),
			       W("--env"), W("D=4"), W("-ite"), W("E=5"), W("-e=F=6"), W("img")),
			 0);
	assert_string_equal(options_next(&o, "env", &cursor), "A=1");
	assert_string_equal(options_next(&o, "env", &cursor), "B=2");
	assert_string_equal(options_next(&o, "env", &cursor), "C=3");
	assert_string_equal(options_next(&o, "env", &cursor), "D=4");
	assert_string_equal(options_next(&o, "env", &cursor), "E=5");
	assert_string_equal(options_next(&o, "env", &cursor), "F=6");
	assert_null(options_next(&o, "env", &cursor));
	assert_string_equal(options_value(&o, "env"), "F=6");
	options_reset(&o);
}

static void everything_after_the_first_argument_is_the_workloads(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("--rm"), W("img"), W("ls"), W("-it"), W("--"),
			       W("--nosuch")),
			 0);
	assert_int_equal(o.n_args, 5);
	assert_string_equal(o.args[2], "-it");
	assert_string_equal(o.args[3], "--");
	assert_null(o.args[5]);
	assert_false(options_flag(&o, "tty"));
	options_reset(&o);
}

static void options_may_follow_arguments_elsewhere(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&mixed, &o, NULL, W("one"), W("-d"), W("two")), 0);
	assert_true(options_flag(&o, "detach"));
	assert_int_equal(o.n_args, 2);
	options_reset(&o);
}

static void two_dashes_end_the_options(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&mixed, &o, NULL, W("--"), W("-d"), W("--rm")), 0);
	assert_int_equal(o.n_args, 2);
	assert_int_equal(o.n_values, 0);
	options_reset(&o);
}

static void a_single_dash_is_an_argument(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&mixed, &o, NULL, W("-")), 0);
	assert_string_equal(o.args[0], "-");
	options_reset(&o);
}

static void flags_take_true_and_false(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("--rm"), W("--rm=false"), W("-t=true"), W("img")),
			 0);
	assert_false(options_flag(&o, "rm"));
	assert_true(options_flag(&o, "tty"));
	options_reset(&o);
	assert_int_equal(PARSE(&run, &o, &err, W("--rm=perhaps"), W("img")), -EINVAL);
	assert_non_null(strstr(err.msg, "perhaps"));
}

static void an_unknown_option_is_named_with_the_help(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&run, &o, &err, W("--foo=1"), W("img")), -EINVAL);
	assert_string_equal(err.msg, "unknown option --foo; see 'moat run --help'");
	assert_int_equal(PARSE(&run, &o, &err, W("-ix"), W("img")), -EINVAL);
	assert_string_equal(err.msg, "unknown option -x; see 'moat run --help'");
	assert_int_equal(PARSE(&run, &o, &err, W("--env-no"), W("img")), -EINVAL);
}

static void a_missing_value_is_an_error(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&run, &o, &err, W("--env")), -EINVAL);
	assert_non_null(strstr(err.msg, "--env"));
	assert_int_equal(PARSE(&run, &o, &err, W("-ie")), -EINVAL);
	assert_non_null(strstr(err.msg, "--env"));
}

static void the_number_of_arguments_is_checked(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&run, &o, &err, W("--rm")), -EINVAL);
	assert_non_null(strstr(err.msg, "at least 1 argument;"));
	assert_int_equal(PARSE(&mixed, &o, &err, W("a"), W("b"), W("c")), -EINVAL);
	assert_non_null(strstr(err.msg, "at most 2 arguments;"));
	assert_int_equal(PARSE(&none, &o, &err, W("a")), -EINVAL);
	assert_non_null(strstr(err.msg, "takes no arguments"));
}

static void help_needs_no_arguments(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("--help")), 0);
	assert_true(o.help);
	options_reset(&o);
	assert_int_equal(PARSE(&none, &o, NULL, W("-h")), 0);
	assert_true(o.help);
	options_reset(&o);
}

static void a_commands_own_h_wins_over_help(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&run, &o, NULL, W("-h"), W("box"), W("img")), 0);
	assert_false(o.help);
	assert_string_equal(options_value(&o, "hostname"), "box");
	options_reset(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_flags_combine),
		cmocka_unit_test(values_come_attached_or_as_the_next_word),
		cmocka_unit_test(everything_after_the_first_argument_is_the_workloads),
		cmocka_unit_test(options_may_follow_arguments_elsewhere),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_single_dash_is_an_argument),
		cmocka_unit_test(flags_take_true_and_false),
		cmocka_unit_test(an_unknown_option_is_named_with_the_help),
		cmocka_unit_test(a_missing_value_is_an_error),
		cmocka_unit_test(the_number_of_arguments_is_checked),
		cmocka_unit_test(help_needs_no_arguments),
		cmocka_unit_test(a_commands_own_h_wins_over_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
