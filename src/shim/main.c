/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat-shim [--tap] DIR: be there for the machine whose folder is DIR, serving requests on
 * descriptor 3.
 * moat-shim --restore [--tap] DIR: the same, with a machine that is restored from the memory on
 * descriptor 4 and the state on descriptor 5.
 * moat-shim --zygote [--tap] DIR: the same, with a machine that is there to be forked, which is
 * asked for at the other end of descriptor 7. moat-shim --fork [--tap] DIR: as --restore, but
 * forked of a zygote, where descriptor 7 leads to, if that can be.
 *
 * moat-shim --make-template [--tap] DIR: make a template in the memory on descriptor 3.
 *
 * With --tap the machine's NIC hangs on the tap that is descriptor 6.
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
#include "base/private.h"
#include "base/str.h"
#include "shim/machine/template.h"
#include "shim/shim.h"

#define CONTROL_FD	   3
#define MEMORY_FD	   4
#define STATE_FD	   5
#define TAP_FD		   6
#define KIN_FD		   7
#define TEMPLATE_MEMORY_FD 3

enum mode { MODE_BOOT, MODE_RESTORE, MODE_ZYGOTE, MODE_FORK, MODE_MAKE_TEMPLATE };

static const char *const mode_options[] = { [MODE_RESTORE] = "--restore",
					    [MODE_ZYGOTE] = "--zygote",
					    [MODE_FORK] = "--fork",
					    [MODE_MAKE_TEMPLATE] = "--make-template" };

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

struct arguments {
	enum mode mode;
	bool has_tap;
	const char *dir;
};

/* Was the descriptor passed on purpose?  Those in between are /dev/null. */
static bool is_passed(const struct arguments *a, int fd)
{
	switch (fd) {
	case CONTROL_FD:
		return true;
	case MEMORY_FD:
	case STATE_FD:
		return a->mode != MODE_BOOT && a->mode != MODE_MAKE_TEMPLATE;
	case TAP_FD:
		return a->has_tap;
	default:
		return a->mode == MODE_ZYGOTE || a->mode == MODE_FORK;
	}
}

static int take_descriptors(const struct arguments *a)
{
	if (close_range(KIN_FD + 1, ~0u, 0) < 0)
		log_warning("descriptors that were inherited stay open: %s", strerror(errno));
	for (int fd = CONTROL_FD; fd <= KIN_FD; fd++) {
		if (!is_passed(a, fd))
			(void)close(fd);
		else if (fd_set_cloexec(fd) < 0)
			return -EBADF;
	}
	return 0;
}

static bool parse_args(int argc, char **argv, struct arguments *ret)
{
	int i = 1;

	*ret = (struct arguments){ .mode = MODE_BOOT };
	for (size_t m = MODE_RESTORE; i < argc && m < ARRAY_SIZE(mode_options); m++)
		if (streq(argv[i], mode_options[m]))
			ret->mode = (enum mode)m;
	i += ret->mode != MODE_BOOT;
	ret->has_tap = i < argc && streq(argv[i], "--tap");
	i += ret->has_tap;
	if (argc != i + 1)
		return false;
	ret->dir = argv[i];
	return ret->mode == MODE_MAKE_TEMPLATE || is_control_socket(CONTROL_FD);
}

static int run_machine(int dir_fd, const struct arguments *a)
{
	static const struct machine_template from = { .memory_fd = MEMORY_FD,
						      .state_fd = STATE_FD };
	const struct shim_options options = { .dir_fd = dir_fd,
					      .listen_fd = CONTROL_FD,
					      .supply = { .from = a->mode == MODE_BOOT ? NULL
										       : &from,
							  .tap_fd = a->has_tap ? TAP_FD : -1,
							  .forks = a->mode == MODE_ZYGOTE,
							  .forked = a->mode == MODE_FORK,
							  .kin_fd = KIN_FD },
					      .deadlines = { DEADLINES_DEFAULT },
					      .narrowed = !IS_SANITIZED };
	int r = shim_run(&options);

	if (r < 0)
		log_error("moat-shim cannot work: %s", strerror(-r));
	return r;
}

static int make_template(int dir_fd, const struct arguments *a)
{
	struct err err;
	int r = template_make(dir_fd, TEMPLATE_MEMORY_FD, a->has_tap ? TAP_FD : -1, &err);

	if (r < 0)
		log_error("%s", err.msg);
	return r;
}

int main(int argc, char **argv)
{
	cleanup_close int dir_fd = -1;
	struct arguments a;
	int r;

	if (fd_open_std() < 0)
		return EXIT_FAILURE;
	private_memory();
	if (argc == 2 && streq(argv[1], "--version")) {
		printf("moat-shim %s\n", MOAT_VERSION);
		return EXIT_SUCCESS;
	}
	if (!parse_args(argc, argv, &a) || take_descriptors(&a) < 0) {
		fprintf(stderr,
			"usage: moat-shim [--restore | --zygote | --fork | --make-template] "
			"[--tap] DIR, with descriptors from 3 on (docs/CONTROL.md); moatd "
			"starts it\n");
		return EXIT_FAILURE;
	}
	dir_fd = open(a.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || detach_from_starter() < 0) {
		log_error("%s: %s", a.dir, strerror(errno));
		return EXIT_FAILURE;
	}
	r = a.mode == MODE_MAKE_TEMPLATE ? make_template(dir_fd, &a) : run_machine(dir_fd, &a);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
