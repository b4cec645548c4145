/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts shares on this host: moat-fs as the server, moat-init's passing of requests, a socket in
 * the place of a machine's port.  What a machine does is tried so without one, and much faster.
 *
 *   share-host MOAT_FS DIR rw|ro:SOURCE...
 *
 * Mounts them at DIR/0, DIR/1, …, says "ready", and ends when its standard input does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/unix.h"
#include "fs/launch.h"
#include "fs/names.h"
#include "guest/share/pass.h"
#include "guest/share/wake.h"

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int start_server(const char *program, char **words, int n)
{
	struct fs_share shares[16];
	struct fs_launch l = { .program = program, .shares = shares, .log_fd = STDERR_FILENO };
	struct err err;
	int control;
	pid_t pid;

	for (; l.n < (size_t)n && l.n < ARRAY_SIZE(shares); l.n++) {
		char *word = words[l.n];

		if (strlen(word) < 4)
			die(word);
		shares[l.n].read_only = strncmp(word, "ro:", 3) == 0;
		shares[l.n].fd = open(word + 3, O_PATH | O_CLOEXEC);
		if (shares[l.n].fd < 0)
			die(word);
	}
	if (fs_launch(&l, &control, &pid, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(EXIT_FAILURE);
	}
	return control;
}

static void await_hello(int port)
{
	struct shares_hello hello;

	if (fd_read_exact(port, &hello, sizeof(hello)) < 0 ||
	    memcmp(hello.magic, SHARES_MAGIC, SHARES_MAGIC_N) != 0)
		die("hello");
}

int main(int argc, char **argv)
{
	struct waker *waker;
	struct pass *pass;
	char options[128], byte;
	int pair[2], control, fuse_fd;

	if (argc < 4)
		return EXIT_FAILURE;
	control = start_server(argv[1], argv + 3, argc - 3);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    unix_send(control, FS_PORT_MESSAGE, sizeof(FS_PORT_MESSAGE), pair[1]) < 0)
		die("port");
	close(pair[1]);
	await_hello(pair[0]);
	fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
		 fuse_fd);
	if (fd_set_nonblock(pair[0], true) < 0 ||
	    mount("moat", argv[2], "fuse", MS_NODEV, options) < 0)
		die(argv[2]);
	if (pass_new(fuse_fd, pair[0], &pass) < 0)
		die("pass");
	if (waker_new(pass, argv[2], &waker) < 0 || pass_start(pass) < 0)
		die("threads");
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	umount2(argv[2], MNT_DETACH);
	pass_end(pass);
	waker_free(waker);
	pass_free(pass);
	return EXIT_SUCCESS;
}
