/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs in containers of the tests, static, to play services, and clients of unix sockets.
 *
 *   service who PORT WORD  by TCP and UDP, both families: says WORD and who asks
 *   service late PORT SEC  the same, from so many seconds on
 *   service talk PORT      says back what it hears, one client at a time
 *   service echo PATH      says back what each client of a unix socket sends, when it has said all
 *   service count PATH     says how many bytes a client sent, when it has said all
 *   service pour PATH N    sends N bytes to a client, whatever that does
 *   service ask PATH       sends standard input to a unix socket, ends, and prints the answer
 *   service hang PATH      connects and does nothing
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int bind_port(int type, const char *port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)strtol(port, NULL, 10)) };
	int fd = socket(AF_INET6, type, 0), on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		fail(port);
	return fd;
}

static size_t name_peer(const struct sockaddr_in6 *peer, const char *word, char ret[200])
{
	char ip[INET6_ADDRSTRLEN], *shown = ip;

	inet_ntop(AF_INET6, &peer->sin6_addr, ip, sizeof(ip));
	if (strncmp(ip, "::ffff:", 7) == 0)
		shown += 7;
	return (size_t)snprintf(ret, 200, "%s %s %u\n", word, shown, ntohs(peer->sin6_port));
}

static void answer_stream(int fd, const char *word)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	int client = accept(fd, (struct sockaddr *)&peer, &len);
	char text[200];

	if (client < 0)
		return;
	(void)!write(client, text, name_peer(&peer, word, text));
	close(client);
}

static void answer_datagram(int fd, const char *word)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	char text[200];

	if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &len) >= 0)
		sendto(fd, text, name_peer(&peer, word, text), 0, (struct sockaddr *)&peer, len);
}

static void serve_who(const char *port, const char *word)
{
	struct pollfd fds[2] = { { bind_port(SOCK_STREAM, port), POLLIN, 0 },
				 { bind_port(SOCK_DGRAM, port), POLLIN, 0 } };

	if (listen(fds[0].fd, 1024) < 0)
		fail(port);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			fail("poll");
		if (fds[0].revents)
			answer_stream(fds[0].fd, word);
		if (fds[1].revents)
			answer_datagram(fds[1].fd, word);
	}
}

static size_t read_all(int from, int to);

static void serve_talk(const char *port)
{
	int fd = bind_port(SOCK_STREAM, port);

	if (listen(fd, 16) < 0)
		fail(port);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		read_all(client, client);
		close(client);
	}
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

static void write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			exit(2);
		data += n;
		len -= (size_t)n;
	}
}

/* Return: how many bytes came; they are passed on to @to, unless that is -1. */
static size_t read_all(int from, int to)
{
	static char bytes[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		if (to >= 0)
			write_all(to, bytes, (size_t)n);
		total += (size_t)n;
	}
	return total;
}

static void serve_one(int fd, const char *what, const char *how)
{
	static char bytes[65536];
	char text[32];

	if (strcmp(what, "echo") == 0) {
		read_all(fd, fd);
	} else if (strcmp(what, "count") == 0) {
		snprintf(text, sizeof(text), "%zu\n", read_all(fd, -1));
		write_all(fd, text, strlen(text));
	} else {
		for (long left = strtol(how, NULL, 10); left > 0; left -= (long)sizeof(bytes))
			write_all(fd, bytes,
				  left < (long)sizeof(bytes) ? (size_t)left : sizeof(bytes));
	}
}

static void serve(const char *what, const char *path, const char *how)
{
	struct sockaddr_un a = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	signal(SIGCHLD, SIG_IGN);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 128) < 0)
		fail(path);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0 && fork() == 0) {
			serve_one(client, what, how);
			_exit(0);
		}
		close(client);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		fail(path);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "who") == 0) {
		serve_who(argv[2], argc > 3 ? argv[3] : "service");
	} else if (strcmp(argv[1], "talk") == 0) {
		serve_talk(argv[2]);
	} else if (strcmp(argv[1], "late") == 0) {
		sleep((unsigned)strtol(argv[3], NULL, 10));
		serve_who(argv[2], "late");
	} else if (strcmp(argv[1], "ask") == 0) {
		int fd = connect_to(argv[2]);

		read_all(0, fd);
		shutdown(fd, SHUT_WR);
		read_all(fd, 1);
	} else if (strcmp(argv[1], "hang") == 0) {
		(void)connect_to(argv[2]);
		pause();
	} else {
		serve(argv[1], argv[2], argc > 3 ? argv[3] : "0");
	}
	return 0;
}
