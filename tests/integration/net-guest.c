/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net-guest FOLDER: plays a machine on one of moat-net's taps.
 *
 * It asks the moat-net of FOLDER for a tap, makes a network namespace with a tap of its own, eth0,
 * and carries frames between the two.  So whatever runs in that namespace (nsenter -t PID -n) is in
 * the place of a guest, with the kernel's own network behind it.  Prints "TAP PID" and goes on in
 * the background until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/client.h"

#define FRAME_MAX 70000

static int fail(const char *what)
{
	fprintf(stderr, "net-guest: %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_own(void)
{
	struct ifreq rq = { .ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && ioctl(fd, TUNSETIFF, &rq) < 0 ? -1 : fd;
}

/* Both ends take whatever the other sends, segments of TCP that are yet to be cut up, too. */
static int set_offloads(int fd)
{
	return ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
}

static int carry(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t n = read(from, frame, sizeof(frame));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR || errno == EIO ? 0 : -1;
	/* A tap that is down takes nothing, as a cable that is not plugged in. */
	if (write(to, frame, (size_t)n) < 0 && errno != EAGAIN && errno != EIO && errno != EINVAL)
		return -1;
	return 0;
}

static int carry_all(int a, int b)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = a, .events = POLLIN },
				       { .fd = b, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return fail("poll");
		/* One that was set down says so until it is up. */
		if ((p[0].revents | p[1].revents) & POLLERR)
			usleep(10000);
		if ((p[0].revents & POLLIN) && carry(a, b) < 0)
			return fail("tap");
		if ((p[1].revents & POLLIN) && carry(b, a) < 0)
			return fail("eth0");
	}
}

/* Only the owner of the folder may ask. */
static int ask_for_tap(int dir, int *ret_fd, char name[NET_TAP_MAX + 1])
{
	struct err err = { 0 };
	struct stat st;
	int r;

	if (fstat(dir, &st) < 0 || seteuid(st.st_uid) < 0)
		return fail("user");
	r = net_tap(dir, ret_fd, name, &err);
	if (seteuid(0) < 0)
		return fail("user");
	if (r < 0)
		fprintf(stderr, "net-guest: %s\n", err.msg);
	return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	char name[NET_TAP_MAX + 1];
	int dir, tap, own;
	pid_t pid;

	if (argc != 2)
		return 2;
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(argv[1]);
	if (ask_for_tap(dir, &tap, name) != 0)
		return 1;
	if (unshare(CLONE_NEWNET) < 0)
		return fail("network namespace");
	own = open_own();
	if (own < 0 || set_offloads(own) < 0 || set_offloads(tap) < 0)
		return fail("taps");
	pid = fork();
	if (pid < 0)
		return fail("fork");
	if (pid > 0) {
		printf("%s %d\n", name, pid);
		return 0;
	}
	setsid();
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	fd_open_std();
	return carry_all(tap, own);
}
