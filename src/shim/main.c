/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat-shim DIR: be there for the machine whose folder is DIR, serving requests on descriptor 3.
 * moat-shim --restore DIR: the same, with a machine that is restored from the memory on descriptor
 * 4 and the state on descriptor 5.
 *
 * moat-shim --make-template DIR: make a template in the memory on descriptor 3.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "shim/machine/template.h"
#include "shim/shim.h"

#define CONTROL_FD	   3
#define MEMORY_FD	   4
#define STATE_FD	   5
#define TEMPLATE_MEMORY_FD 3

enum mode { MODE_BOOT, MODE_RESTORE, MODE_MAKE_TEMPLATE };

static int get_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -1 : value;
}

static bool is_control_socket(int fd)
{
	return get_option(fd, SO_TYPE) == SOCK_SEQPACKET && get_option(fd, SO_ACCEPTCONN) == 1;
}

/* Leaves the starter's terminal, folder and session, so that signals of its keyboard do not come
 * here. */
static int detach_from_starter(void)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	(void)setsid();
	umask(022);
	if (chdir("/") < 0)
		return -errno;
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* Return: the first descriptor that the starter did not pass on purpose. */
static int first_foreign_fd(enum mode mode)
{
	return mode == MODE_RESTORE ? STATE_FD + 1 : CONTROL_FD + 1;
}

static int take_descriptors(enum mode mode)
{
	int end = first_foreign_fd(mode);

	if (close_range((unsigned)end, ~0u, 0) < 0)
		log_warning("descriptors that were inherited stay open: %s", strerror(errno));
	for (int fd = CONTROL_FD; fd < end; fd++)
		if (fd_set_cloexec(fd, true) < 0)
			return -EBADF;
	return 0;
}

/* Return: the folder's name; NULL for a command line that is none. */
static const char *parse_args(int argc, char **argv, enum mode *ret)
{
	*ret = MODE_BOOT;
	if (argc == 3 && streq(argv[1], "--restore"))
		*ret = MODE_RESTORE;
	else if (argc == 3 && streq(argv[1], "--make-template"))
		*ret = MODE_MAKE_TEMPLATE;
	else if (argc != 2)
		return NULL;
	if (*ret <= MODE_RESTORE && !is_control_socket(CONTROL_FD))
		return NULL;
	return argv[argc - 1];
}

static int run_machine(int dir_fd, bool restore)
{
	static const struct machine_template from = { .memory_fd = MEMORY_FD,
						      .state_fd = STATE_FD };
	const struct shim_options options = { .dir_fd = dir_fd,
					      .listen_fd = CONTROL_FD,
					      .from = restore ? &from : NULL,
					      .deadlines = { DEADLINES_DEFAULT },
					      .narrowed = !IS_SANITIZED };
	int r = shim_run(&options);

	if (r < 0)
		log_error("moat-shim cannot work: %s", strerror(-r));
	return r;
}

static int make_template(int dir_fd)
{
	struct err err;
	int r = template_make(dir_fd, TEMPLATE_MEMORY_FD, &err);

	if (r < 0)
		log_error("%s", err.msg);
	return r;
}

int main(int argc, char **argv)
{
	cleanup_close int dir_fd = -1;
	const char *dir;
	enum mode mode;
	int r;

	if (fd_open_std() < 0)
		return EXIT_FAILURE;
	if (argc == 2 && streq(argv[1], "--version")) {
		printf("moat-shim %s\n", MOAT_VERSION);
		return EXIT_SUCCESS;
	}
	dir = parse_args(argc, argv, &mode);
	if (!dir || take_descriptors(mode) < 0) {
		fprintf(stderr, "usage: moat-shim [--restore | --make-template] DIR, with "
				"descriptors from 3 on (docs/CONTROL.md); moatd starts it\n");
		return EXIT_FAILURE;
	}
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || detach_from_starter() < 0) {
		log_error("%s: %s", dir, strerror(errno));
		return EXIT_FAILURE;
	}
	r = mode == MODE_MAKE_TEMPLATE ? make_template(dir_fd)
				       : run_machine(dir_fd, mode == MODE_RESTORE);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
