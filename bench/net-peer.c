/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of what bench_net measures, static, so that the same program runs in a guest, in a
 * container and on the host.
 *
 *   net-peer serve PORT
 *   net-peer stream ADDRESS PORT SECONDS    sends for so long; MiB a second, as the server took
 * them net-peer ask ADDRESS PORT SECONDS       one byte there and back, again and again; how often
 * a second net-peer connect ADDRESS PORT SECONDS   the same with a connection for each; how often a
 * second
 *
 * Each connection is served by a process.  Its first byte says what it is for; at the end of a
 * stream the server says how much it was.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (256u << 10)

static char room[CHUNK];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void set_no_delay(int fd)
{
	const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void serve_one(int fd)
{
	uint64_t taken = 0;
	char kind;
	ssize_t n;

	set_no_delay(fd);
	if (read(fd, &kind, 1) != 1)
		exit(0);
	if (kind == 'a')
		while (write(fd, &kind, 1) == 1 && read(fd, &kind, 1) == 1)
			continue;
	while (kind == 's' && (n = read(fd, room, sizeof(room))) > 0)
		taken += (uint64_t)n;
	if (kind == 's' && write(fd, &taken, sizeof(taken)) != sizeof(taken))
		exit(1);
	exit(0);
}

static void serve(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGCHLD, SIG_IGN);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1024) < 0)
		fail("listen");
	for (;;) {
		int conn = accept(fd, NULL, NULL);

		if (conn >= 0 && fork() == 0) {
			close(fd);
			serve_one(conn);
		}
		close(conn);
	}
}

static int dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		fail("connect");
	set_no_delay(fd);
	return fd;
}

static void ask(int fd)
{
	char byte = 'a';

	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
		fail("ask");
}

static double stream(const struct sockaddr_in *to, double seconds)
{
	int fd = dial(to);
	double begin = now();
	uint64_t taken;

	room[0] = 's';
	while (now() - begin < seconds)
		if (write(fd, room, sizeof(room)) <= 0)
			fail("write");
	shutdown(fd, SHUT_WR);
	if (read(fd, &taken, sizeof(taken)) != sizeof(taken))
		fail("read");
	return (double)taken / (now() - begin) / (1 << 20);
}

static double count(const struct sockaddr_in *to, double seconds, int connects)
{
	int fd = connects ? -1 : dial(to);
	double begin = now();
	unsigned n = 0;

	for (; now() - begin < seconds; n++) {
		int each = connects ? dial(to) : fd;

		ask(each);
		if (connects)
			close(each);
	}
	return n / (now() - begin);
}

int main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve((uint16_t)atoi(argv[2]));
	if (argc != 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fputs("net-peer serve PORT | stream|ask|connect ADDRESS PORT SECONDS\n", stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	printf("%.1f\n", !strcmp(argv[1], "stream")
				 ? stream(&to, atof(argv[4]))
				 : count(&to, atof(argv[4]), !strcmp(argv[1], "connect")));
	return 0;
}
