/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "jail/syscalls.h"

static void execute(void)
{
	execl("/bin/true", "true", NULL);
}

static void make_process(void)
{
	if (fork() == 0)
		_exit(0);
}

static void make_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void signal_another(void)
{
	kill(getppid(), 0);
}

static void do_nothing(void)
{
	free(malloc(1 << 20));
	(void)fcntl(0, F_GETFL);
}

/* Return: as waitpid() gives it, of a process that has narrowed itself. */
static int do_narrowed(void (*what)(void))
{
	static const int calls[] = { SYS_accept4 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (syscalls_narrow(calls, 1, NULL) < 0)
			_exit(200);
		/* Of the two lists that have it the narrowed process's own counts. */
		if (accept4(0, NULL, NULL, 0) == 0 || errno == ENOSYS)
			_exit(201);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void who_narrows_himself_goes_on_and_begins_nothing(void **state)
{
	void (*const attacks[])(void) = { execute, make_process, make_code, signal_another };

	(void)state;
	assert_int_equal(do_narrowed(do_nothing), 0);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		int status = do_narrowed(attacks[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%zu: status %x", i, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_narrows_himself_goes_on_and_begins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
