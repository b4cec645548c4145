/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/macro.h"
#include "base/unix.h"
#include "jail/late.h"
#include "jail/zygote-request.h"
#include "jail/zygote.h"
#include "talker.h"

/* Sends a packet that no shim would send, with @n descriptors. */
static void send_odd(const struct talker *z, const void *data, size_t len, size_t n)
{
	int fds[UNIX_FDS_MAX];

	for (size_t i = 0; i < n; i++)
		fds[i] = z->talk_fd;
	assert_int_equal(unix_send_fds(z->forks_fd, data, len, fds, n), 0);
}

static void packets_that_are_no_requests_change_nothing(void **state)
{
	static const struct zygote_request many_moves = { .n_moves = 255 },
					   many_groups = { .n_groups = 200 },
					   odd_group = { .n_groups = 3 }, plain = { 0 };
	static const char zeros[4096];
	struct talker z, a;

	(void)state;
	begin_zygote(&z);
	assert_int_equal(ask(&z, 'l'), 1);
	send_odd(&z, zeros, 1, 0);
	send_odd(&z, zeros, sizeof(plain) - 1, 1);
	send_odd(&z, zeros, sizeof(plain) + 1, 1);
	send_odd(&z, zeros, sizeof(zeros), 32);
	send_odd(&z, &plain, sizeof(plain), 0);
	send_odd(&z, &plain, sizeof(plain), 2);
	send_odd(&z, &plain, sizeof(plain), 32);
	send_odd(&z, &many_moves, sizeof(plain), 16);
	send_odd(&z, &many_groups, sizeof(plain), 16);
	send_odd(&z, &odd_group, sizeof(plain), 8);
	fork_of(&z, &a);
	assert_int_equal(ask(&a, 'w'), 1);
	end_forked(&a);
	end_zygote(&z);
}

static void a_descriptor_has_no_place_beyond_the_table(void **state)
{
	static const int beyond[] = { -1, 256, INT_MAX, INT_MIN };
	const struct jail j = bounds();
	struct zygote_move moves[ZYGOTE_MOVES_MAX + 1];
	struct zygote_fork f = { .j = &j, .moves = moves, .timeout_msec = HANG_MSEC };
	struct zygote_child child;
	struct talker z, a;
	struct err err;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	f.fd = z.forks_fd;
	f.n_moves = ARRAY_SIZE(moves);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		moves[i] = (struct zygote_move){ a.talk_fd, TALK_FD };
	assert_int_equal(zygote_fork(&f, &child, &err), -EINVAL);
	f.n_moves = 1;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		moves[0].to = beyond[i];
		assert_int_equal(zygote_fork(&f, &child, &err), -EINVAL);
	}
	end_forked(&a);
	fork_of(&z, &a);
	assert_int_equal(ask(&a, 'w'), 0);
	end_forked(&a);
	end_zygote(&z);
}

static void a_late_jail_needs_a_filter_of_bounded_length(void **state)
{
	static const struct jail_late stays = { 0 };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(jail_enter_late(&stays, NULL, 0) == -EINVAL &&
				      jail_enter_late(&stays, NULL, JAIL_FILTER_MAX + 1) == -EINVAL
			      ? 0
			      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_that_are_no_requests_change_nothing),
		cmocka_unit_test(a_descriptor_has_no_place_beyond_the_table),
		cmocka_unit_test(a_late_jail_needs_a_filter_of_bounded_length),
	};

	if (!talkers_init(argc, argv))
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("requests to a zygote", tests, NULL, NULL);
}
