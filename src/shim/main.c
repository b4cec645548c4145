/* SPDX-License-Identifier: Apache-2.0 */
/* moat-shim DIR: run the container whose folder is DIR, serving requests on descriptor 3. */
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
#include "base/str.h"
#include "shim/shim.h"

#define CONTROL_FD 3

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

/* Nothing of the one who started us stays: no terminal, no folder, no signals from its keyboard. */
static int detach(void)
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
	return fd_set_cloexec(CONTROL_FD, true);
}

int main(int argc, char **argv)
{
	struct shim_options options = { SHIM_OPTIONS_DEFAULT, .listen_fd = CONTROL_FD };
	cleanup_close int dir_fd = -1;
	int r;

	if (argc == 2 && streq(argv[1], "--version")) {
		printf("moat-shim %s\n", MOAT_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc != 2 || !is_control_socket(CONTROL_FD)) {
		fprintf(stderr, "usage: moat-shim DIR, with a listening SOCK_SEQPACKET socket as "
				"descriptor 3; moatd starts it\n");
		return EXIT_FAILURE;
	}
	if (close_range(CONTROL_FD + 1, ~0u, 0) < 0)
		log_warning("descriptors that were inherited stay open: %s", strerror(errno));
	dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		log_error("%s: %s", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	options.dir_fd = dir_fd;
	r = detach();
	if (r == 0)
		r = shim_run(&options);
	if (r < 0)
		log_error("moat-shim cannot work: %s", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
