/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A moat-shim without a machine, for tests of moatd's side: it speaks the control protocol, and its
 * container's process does what the file "behaviour" in the data root says:
 *
 *   run      it runs until a signal or a request ends it
 *   brief    it ends at once, with status 3
 *   cleaning as "brief", but the machine is there until it is ended
 *   missing  it cannot be found
 *   fickle   as "run", but who watches is dropped once, as a shim does with one that is slow
 *   babbling as "run", but who watches is told things that make no sense
 *   die      the shim is gone as soon as it is asked to start
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/answer.h"
#include "control/event.h"
#include "control/names.h"

#define LISTEN_FD	 3
#define CLIENTS_MAX	 16u
#define PID		 4711
#define LEFT_BEHIND_MSEC 500

static struct {
	int dir_fd;
	int clients[CLIENTS_MAX];
	bool watches[CLIENTS_MAX];
	bool fickle;
	bool killed;
	size_t n;
	int container_fd; /* the container's folder */
	struct control_event now;
	struct control_container c;
} shim = { .now = { .type = EVENT_STATE, .pid = PID }, .container_fd = -1 };

/* @text: taken over */
static void say(int fd, char *text)
{
	if (text)
		(void)unix_send(fd, text, strlen(text), -1);
	free(text);
}

static void tell(const struct control_event *e)
{
	for (size_t i = 0; i < shim.n; i++)
		if (shim.watches[i])
			say(shim.clients[i], control_event_write(e));
}

static void end(int code, const char *error)
{
	struct control_event e = { .type = EVENT_EXITED };

	e.exit = (struct exit_status){ .code = code,
				       .started_nsec = shim.c.started_nsec,
				       .finished_nsec = clock_now_nsec() };
	snprintf(e.exit.err.msg, sizeof(e.exit.err.msg), "%s", error);
	(void)exit_write(shim.container_fd, &e.exit, false);
	tell(&e);
	shim.c.state = STATE_EXITED;
}

static bool behaves(const char *how)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	return file_read_at(shim.dir_fd, "../../behaviour", 64, &b) == 0 && b.len == strlen(how) &&
	       memcmp(b.data, how, b.len) == 0;
}

static void start(int fd)
{
	struct control_event e = { .type = EVENT_STARTED, .pid = PID };
	struct err err = { .code = -ENOENT, .msg = "no such program" };

	if (behaves("die"))
		_exit(0);
	if (behaves("missing")) {
		end(EXIT_NOT_FOUND, err.msg);
		say(fd, answer_write(&err));
		return;
	}
	e.started_nsec = shim.c.started_nsec = clock_now_nsec();
	shim.c.state = STATE_RUNNING;
	tell(&e);
	say(fd, answer_write(NULL));
	shim.fickle = behaves("fickle");
	for (size_t i = 0; behaves("babbling") && i < shim.n; i++) {
		say(shim.clients[i], strdup("{\"event\":"));
		say(shim.clients[i], strdup("{\"event\":\"nosuch\"}"));
		say(shim.clients[i], strdup("{\"event\":\"exited\",\"code\":\"none\"}"));
	}
	if (behaves("brief") || behaves("cleaning"))
		end(3, "");
}

static void drop(size_t i)
{
	close(shim.clients[i]);
	shim.n--;
	shim.clients[i] = shim.clients[shim.n];
	shim.watches[i] = shim.watches[shim.n];
}

static void set_paused(int fd, bool paused)
{
	const struct control_event e = { .type = paused ? EVENT_PAUSED : EVENT_RESUMED };

	shim.now.paused = paused;
	tell(&e);
	say(fd, answer_write(NULL));
}

static void add(int fd, const struct control_request *rq, int *passed)
{
	shim.container_fd = take_fd(passed);
	memcpy(shim.c.name, rq->container, sizeof(shim.c.name));
	shim.now.containers = &shim.c;
	shim.now.n_containers = 1;
	say(fd, answer_write(NULL));
}

/* Return: does the connection stay? */
static bool serve(int fd, const struct control_request *rq, int *passed)
{
	switch (rq->op) {
	case CONTROL_WATCH:
	case CONTROL_STATUS:
		say(fd, control_event_write(&shim.now));
		return rq->op == CONTROL_WATCH;
	case CONTROL_ADD:
		add(fd, rq, passed);
		break;
	case CONTROL_START:
		start(fd);
		break;
	case CONTROL_PAUSE:
	case CONTROL_RESUME:
		set_paused(fd, rq->op == CONTROL_PAUSE);
		break;
	case CONTROL_SIGNAL:
		say(fd, answer_write(NULL));
		end(128 + rq->signal, "");
		break;
	case CONTROL_KILL:
	case CONTROL_SHUTDOWN:
		say(fd, answer_write(NULL));
		shim.killed = true;
		end(EXIT_KILLED, "");
		break;
	default:
		say(fd, answer_write(NULL));
	}
	return false;
}

static void on_packet(size_t i)
{
	static char packet[CONTROL_PACKET_MAX];
	cleanup_close int passed = -1;
	cleanup(control_request_reset) struct control_request rq = { 0 };
	ssize_t n = unix_recv(shim.clients[i], packet, sizeof(packet), &passed);

	if (n <= 0 || control_request_read(packet, (size_t)n, &rq, NULL) < 0 ||
	    !serve(shim.clients[i], &rq, &passed))
		drop(i);
	else
		shim.watches[i] = true;
}

static void accept_client(void)
{
	int fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && shim.n < CLIENTS_MAX) {
		shim.clients[shim.n] = fd;
		shim.watches[shim.n++] = false;
	}
}

/* The test's folders are gone, and the test with them. */
static bool is_left_behind(void)
{
	struct stat sb;

	return fstat(shim.dir_fd, &sb) < 0 || sb.st_nlink == 0;
}

int main(int argc, char **argv)
{
	struct flock all = { .l_type = F_WRLCK };
	int lock;

	shim.dir_fd = open(argv[argc - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lock = openat(shim.dir_fd, SHIM_LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || fcntl(lock, F_SETLK, &all) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_FAILURE;
	while ((shim.c.state != STATE_EXITED || (!shim.killed && behaves("cleaning"))) &&
	       !is_left_behind()) {
		struct pollfd p[1 + CLIENTS_MAX] = { { .fd = LISTEN_FD, .events = POLLIN } };
		size_t n = shim.n;

		for (size_t i = 0; i < n; i++)
			p[1 + i] = (struct pollfd){ .fd = shim.clients[i], .events = POLLIN };
		if (poll(p, 1 + n, LEFT_BEHIND_MSEC) <= 0)
			continue;
		for (size_t i = n; i-- > 0;)
			if (p[1 + i].revents)
				on_packet(i);
		for (size_t i = shim.n; shim.fickle && i-- > 0;)
			if (shim.watches[i])
				drop(i);
		shim.fickle = false;
		if (p[0].revents)
			accept_client();
	}
	return EXIT_SUCCESS;
}
