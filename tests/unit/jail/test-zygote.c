/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/macro.h"
#include "base/str.h"
#include "jail/zygote.h"
#include "talker.h"

static void what_is_forked_goes_on_where_it_was_with_all_threads(void **state)
{
	struct talker z, a, b;

	(void)state;
	begin_zygote(&z);
	assert_int_equal(ask(&z, 'w'), 0);
	assert_int_equal(ask(&z, 'l'), 1);
	assert_int_equal(ask(&z, 'l'), 2);
	fork_of(&z, &a);
	fork_of(&z, &b);
	assert_int_equal(ask(&a, 'w'), 2);
	assert_int_equal(ask(&b, 'w'), 2);
	assert_int_equal(ask(&a, 'l'), 3);
	assert_int_equal(ask(&a, 'w'), 3);
	assert_int_equal(ask(&b, 'w'), 2);
	end_forked(&a);
	assert_int_equal(ask(&b, 'w'), 2);
	end_forked(&b);
	end_zygote(&z);
}

/* Of /proc/PID/status; the text after "NAME:\t". */
static void read_status(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	*ret = '\0';
	while (fgets(line, sizeof(line), f)) {
		const char *rest = str_starts(line, name);

		if (rest && *rest == ':')
			snprintf(ret, size, "%.*s", (int)strcspn(rest + 2, "\n"), rest + 2);
	}
	fclose(f);
}

static void assert_status(pid_t pid, const char *name, const char *value)
{
	char got[256];

	read_status(pid, name, got, sizeof(got));
	assert_string_equal(got, value);
}

static void what_is_forked_is_in_a_jail_of_its_own(void **state)
{
	static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	struct talker z, a;
	char text[256];

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_status(a.pid, none[i], "0000000000000000");
	assert_status(a.pid, "NoNewPrivs", "1");
	assert_status(a.pid, "Seccomp", "2");
	assert_status(a.pid, "Seccomp_filters", "2");
	assert_int_equal(ask(&a, 'p'), 2);
	read_status(a.pid, "NSpid", text, sizeof(text));
	assert_string_equal(text + strlen(text) - 2, "\t2");
	if (geteuid() == 0) {
		assert_status(a.pid, "CapBnd", "0000000000000000");
		assert_true(ask(&a, 'u') > 65534);
	}
	assert_int_equal(ask(&a, 'r'), ENOSYS);
	end_forked(&a);
	end_zygote(&z);
}

static void attacks_end_it_and_nobody_else(void **state)
{
	static const char attacks[] = { 'x', 'k', 's', 'n' };
	struct talker z, neighbour, a;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &neighbour);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		fork_of(&z, &a);
		assert_int_equal(ask(&a, 'w'), 0);
		assert_int_equal(ask(&a, attacks[i]), -EPIPE);
		expect_end(&a);
		end_forked(&a);
	}
	assert_int_equal(ask(&neighbour, 'w'), 0);
	end_forked(&neighbour);
	end_zygote(&z);
}

/* Standard streams, what it talks on, and the library's file; not the zygote's sockets and filter.
 * What it has said on which it is ready, is closed in an instant. */
static void expect_own_descriptors(const struct talker *t)
{
	char text[512] = "";

	for (int i = 0; i < HANG_MSEC && !streq(text, "0 1 2 3 4"); i++) {
		usleep(1000);
		assert_int_equal(talk(t, 'd', text, sizeof(text)), 0);
	}
	assert_string_equal(text, "0 1 2 3 4");
}

static void nothing_of_the_zygote_is_open_in_it(void **state)
{
	struct talker z, a, b;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	fork_of(&z, &b);
	expect_own_descriptors(&b);
	expect_own_descriptors(&a);
	end_forked(&a);
	end_forked(&b);
	end_zygote(&z);
}

/* Two processes could say something to each other by it. */
static void what_has_a_file_nobody_knows_of_is_not_forked(void **state)
{
	static const char files[] = { 'o', 't' };
	struct talker z, a;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		begin_zygote(&z);
		assert_int_equal(ask(&z, files[i]), 0);
		assert_int_equal(try_fork(&z, &a, &err), -ENOTSUP);
		end_zygote(&z);
	}
}

static void it_outlives_its_zygote_but_not_whoever_asked_for_it(void **state)
{
	struct talker z, a, b;
	struct err err;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	kill(z.pid, SIGKILL);
	expect_end(&z);
	assert_int_equal(ask(&a, 'w'), 0);
	assert_true(try_fork(&z, &b, &err) < 0);
	assert_int_equal(ask(&a, 'w'), 0);
	end_forked(&a);
	end_zygote(&z);
}

static void a_program_that_has_not_loaded_the_library_is_none(void **state)
{
	struct talker z;
	struct err err;

	(void)state;
	spawn_talker(false, &z);
	assert_int_equal(ask(&z, 'w'), 0);
	assert_int_equal(zygote_check(z.forks_fd, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, JAIL_ZYGOTE_LIBRARY));
	end_zygote(&z);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_forked_goes_on_where_it_was_with_all_threads),
		cmocka_unit_test(what_is_forked_is_in_a_jail_of_its_own),
		cmocka_unit_test(attacks_end_it_and_nobody_else),
		cmocka_unit_test(nothing_of_the_zygote_is_open_in_it),
		cmocka_unit_test(what_has_a_file_nobody_knows_of_is_not_forked),
		cmocka_unit_test(it_outlives_its_zygote_but_not_whoever_asked_for_it),
		cmocka_unit_test(a_program_that_has_not_loaded_the_library_is_none),
	};

	if (!talkers_init(argc, argv))
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("zygote", tests, NULL, NULL);
}
