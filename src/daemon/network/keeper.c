/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-net outlives moatd.  The keeper looks for it when moatd starts, and
 * starts it when it is first needed.  While it runs the keeper has a descriptor of its network
 * namespace: one that has died is followed by one in the same namespace, with the same bridges and
 * taps, and that one is told everything, so that containers notice no more than a pause.
 *
 * Conversations are one at a time (@talk), and each begins with what was posted in the meantime:
 * the ends of containers, which nobody waited for.  A thread hears what moat-net tells on its own,
 * and finds out that it has died.  One that does not answer is killed.
 *
 * What moat-net says is taken for true: it is moat's own.
 */
#include "daemon/network/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/unix.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper-event.h"
#include "daemon/network/tell.h"

#define TUN_PATH "/dev/net/tun"
#define PAUSE_USEC                                                                                 \
	(10 * USEC_PER_SEC) /* after one that died at once: others ask for it, or nobody */
#define SHORT_USEC USEC_PER_SEC

/* What is to be taken back. */
struct posted {
	struct posted *next;
	char key[ID_LEN + 1]; /* of a container's published ports; else "" */
	char tap[NET_TAP_MAX + 1];
	unsigned slots;
	bool whole;
};

struct keeper {
	struct networks *nets;
	char *dir;
	int dir_fd; /* $ROOT/net */
	int wake_fd;
	pthread_t thread;
	bool has_thread;
	atomic_bool closing;

	pthread_mutex_t talk; /* guards the rest, but for what is posted */
	bool up;
	int namespace_fd; /* of the one that runs, or ran last; -1 */
	int watch_fd;	  /* on which it tells; -1 */
	pid_t pid;	  /* to be reaped; 0: it is no child */
	uint64_t started_usec;
	bool recovering; /* there may be more that runs than this moatd knows of */

	pthread_mutex_t posting;
	struct posted *posted; /* the newest first */
};

int keeper_check(struct keeper *k, struct err *err)
{
	struct stat sb;

	(void)k;
	if (access(TUN_PATH, R_OK | W_OK) == 0)
		return 0;
	if (errno == ENOENT || stat(TUN_PATH, &sb) < 0)
		return err_set(err, -EIO,
			       "containers can have no network here: there is no " TUN_PATH
			       "; load the kernel's module tun, or run it with --network none");
	return err_set(err, -EACCES,
		       "containers of this user can have no network here: " TUN_PATH
		       " has mode %04o and belongs to uid %u; have root make it 0666, as is usual, "
		       "or run it with --network none",
		       sb.st_mode & 07777, (unsigned)sb.st_uid);
}

static void ring(struct keeper *k)
{
	(void)eventfd_write(k->wake_fd, 1);
}

/* It has died, or is to: what was known of it is of no use any more but the namespace. */
static void forget_process(struct keeper *k)
{
	k->up = false;
	fd_close(&k->watch_fd);
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		k->pid = 0;
	}
}

/* Says hello to the one that is there.  Return: 0; -ECONNREFUSED when there is none; -errno with a
 * message. */
static int greet(struct keeper *k, struct err *err)
{
	int namespace_fd = -1, watch_fd = -1;
	int r = net_hello(k->dir_fd, &namespace_fd, err);

	if (r == 0)
		r = net_watch(k->dir_fd, &watch_fd, err);
	if (r < 0) {
		fd_close(&namespace_fd);
		return r;
	}
	fd_close(&k->namespace_fd);
	fd_close(&k->watch_fd);
	k->namespace_fd = namespace_fd;
	k->watch_fd = watch_fd;
	k->up = true;
	ring(k);
	return 0;
}

static int launch(struct keeper *k, struct err *err)
{
	cleanup_free char *program = NULL;
	struct net_launch l = { .dir = k->dir,
				.dir_fd = k->dir_fd,
				.namespace_fd = k->namespace_fd };
	int r = locate_program("moat-net", &program, err);

	if (r < 0)
		return r;
	forget_process(k);
	k->started_usec = clock_mono_usec();
	l.program = program;
	r = net_spawn(&l, &k->pid, err);
	if (r == 0)
		r = greet(k, err);
	if (r < 0)
		forget_process(k);
	return r;
}

static struct posted *take_posted(struct keeper *k)
{
	struct posted *list, *oldest = NULL;

	pthread_mutex_lock(&k->posting);
	list = k->posted;
	k->posted = NULL;
	pthread_mutex_unlock(&k->posting);
	while (list) {
		struct posted *next = list->next;

		list->next = oldest;
		oldest = list;
		list = next;
	}
	return oldest;
}

static int tell_posted_ports(struct keeper *k, const struct posted *p)
{
	struct net_request rq = { .op = NET_UNPUBLISH };
	struct err err = { 0 };
	int r;

	memcpy(rq.key, p->key, sizeof(p->key));
	r = keeper_ask(k, &rq, NULL, &err);
	if (r < 0 && r != -ENOENT)
		log_warning("moat-net: ports of %.12s are not taken back: %s", p->key, err.msg);
	return r == -ECONNREFUSED ? r : 0;
}

static int tell_posted(struct keeper *k, const struct posted *p)
{
	struct net_request rq = { .op = NET_PORT_REMOVE };
	struct err err = { 0 };
	int r = 0;

	if (*p->key)
		return tell_posted_ports(k, p);
	memcpy(rq.tap, p->tap, sizeof(rq.tap));
	for (unsigned slot = 0; slot < NET_SLOTS && r != -ECONNREFUSED; slot++) {
		rq.slot = (uint8_t)slot;
		if (p->slots & (1u << slot))
			r = keeper_ask(k, &rq, NULL, &err);
	}
	rq.op = NET_TAP_RETURN;
	if (r != -ECONNREFUSED && p->whole)
		r = keeper_ask(k, &rq, NULL, &err);
	if (r < 0 && r != -ENOENT)
		log_warning("moat-net: %s is not taken back: %s", p->tap, err.msg);
	return r == -ECONNREFUSED ? r : 0;
}

/* One that has died has forgotten it all by itself. */
static int flush_posted(struct keeper *k)
{
	struct posted *p = take_posted(k), *next;
	int r = k->up ? 0 : -ECONNREFUSED;

	for (; p; p = next) {
		next = p->next;
		if (r == 0)
			r = tell_posted(k, p);
		free(p);
	}
	return r;
}

/* Has it write its rules anew and forget what it was not told of, once that is right. */
static int say_settled(struct keeper *k)
{
	const struct net_request rq = { .op = NET_SETTLED };
	struct err err = { 0 };
	int r = k->recovering ? 0 : keeper_ask(k, &rq, NULL, &err);

	if (r < 0 && r != -ECONNREFUSED)
		log_warning("moat-net: %s", err.msg);
	return r == -ECONNREFUSED ? r : 0;
}

/* Sees to it that one is there and knows all.  Under @talk. */
static int ensure(struct keeper *k, struct err *err)
{
	int r = 0;

	for (int i = 0; i < KEEPER_ATTEMPTS; i++) {
		bool is_new = !k->up;

		if (is_new)
			r = launch(k, err);
		if (r < 0)
			return err_wrap(err, "moat-net");
		r = flush_posted(k);
		if (r == 0 && is_new)
			r = tell_all(k->nets);
		if (r == 0 && is_new)
			r = say_settled(k);
		if (r == 0)
			return 0;
		/* It has died while it was told: the next one is tried. */
		err_set(err, r, "moat-net ends whenever it is started: see %s/" NET_LOG_FILE,
			k->dir);
	}
	return -EIO;
}

int keeper_enter(struct keeper *k, struct err *err)
{
	int r = keeper_check(k, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&k->talk);
	r = ensure(k, err);
	if (r < 0)
		pthread_mutex_unlock(&k->talk);
	return r == -ECONNREFUSED ? -EIO : r;
}

bool keeper_enter_running(struct keeper *k)
{
	pthread_mutex_lock(&k->talk);
	if (k->up && flush_posted(k) == 0)
		return true;
	pthread_mutex_unlock(&k->talk);
	return false;
}

void keeper_leave(struct keeper *k)
{
	pthread_mutex_unlock(&k->talk);
}

int keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd, struct net_result *ret,
		    struct err *err)
{
	const struct net_call call = { .request = rq, .fd = fd, .timeout_msec = NET_TIMEOUT_MSEC };
	int r = net_call(k->dir_fd, &call, ret, err);

	/* Whoever waits longer than that waits for ever. */
	if (r == -ETIMEDOUT && k->pid > 0)
		r = -ECONNREFUSED;
	if (r == -ECONNREFUSED)
		forget_process(k);
	return r;
}

int keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
	       struct err *err)
{
	return keeper_ask_with(k, rq, -1, ret, err);
}

static void post(struct keeper *k, const struct posted *what)
{
	struct posted *p = malloc(sizeof(*p));

	if (!p) {
		log_error("moat-net keeps %s%.12s: out of memory", what->tap, what->key);
		return;
	}
	*p = *what;
	pthread_mutex_lock(&k->posting);
	p->next = k->posted;
	k->posted = p;
	pthread_mutex_unlock(&k->posting);
	ring(k);
}

void keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole)
{
	struct posted p = { .slots = slots, .whole = whole };

	strncpy(p.tap, tap, sizeof(p.tap) - 1);
	post(k, &p);
}

void keeper_post_ports(struct keeper *k, const char *id)
{
	struct posted p = { 0 };

	strncpy(p.key, id, sizeof(p.key) - 1);
	post(k, &p);
}

int keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err)
{
	int r = -ECONNREFUSED;

	for (int i = 0; i < KEEPER_ATTEMPTS && r == -ECONNREFUSED; i++) {
		r = keeper_enter(k, err);
		if (r < 0)
			return r;
		r = net_tap(k->dir_fd, ret_fd, ret_name, err);
		if (r == -ECONNREFUSED)
			forget_process(k);
		keeper_leave(k);
	}
	return r;
}

void keeper_lead(struct keeper *k, int fd)
{
	pthread_mutex_lock(&k->talk);
	if (!k->up && k->namespace_fd < 0)
		k->namespace_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	pthread_mutex_unlock(&k->talk);
}

void keeper_settle(struct keeper *k)
{
	pthread_mutex_lock(&k->talk);
	k->recovering = false;
	pthread_mutex_unlock(&k->talk);
	if (!keeper_enter_running(k))
		return;
	(void)say_settled(k);
	keeper_leave(k);
}

json_t *keeper_status(struct keeper *k)
{
	const struct net_request rq = { .op = NET_STATUS };
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	json_t *status = NULL;

	if (!keeper_enter_running(k))
		return NULL;
	if (keeper_ask(k, &rq, &result, NULL) == 0)
		status = json_incref(result.json);
	keeper_leave(k);
	return status;
}

static bool is_needed(struct networks *nets)
{
	bool needed = false;

	pthread_mutex_lock(&nets->lock);
	for (const struct member *m = nets->members; m && !needed; m = m->next)
		needed = m->active;
	pthread_mutex_unlock(&nets->lock);
	return needed;
}

void keeper_shutdown(struct keeper *k)
{
	const struct net_request rq = { .op = NET_SHUTDOWN };
	struct err err = { 0 };

	if (is_needed(k->nets) || !keeper_enter_running(k))
		return;
	if (keeper_ask(k, &rq, NULL, &err) < 0)
		log_warning("moat-net does not end: %s", err.msg);
	keeper_leave(k);
}

/* moat-net has died.  Another one is started where somebody needs it; one that died at once is not
 * followed at once. */
static void replace_process(struct keeper *k)
{
	uint64_t lived = clock_mono_usec() - k->started_usec;
	struct err err = { 0 };

	forget_process(k);
	if (!is_needed(k->nets)) {
		log_info("moat-net has ended");
		return;
	}
	log_warning("moat-net has died, and is started again");
	if (lived < SHORT_USEC) {
		pthread_mutex_unlock(&k->talk);
		usleep(PAUSE_USEC);
		pthread_mutex_lock(&k->talk);
	}
	if (!k->up && ensure(k, &err) < 0)
		log_error("containers are without networks: %s", err.msg);
}

/* What it tells on its own.  Under @talk. */
static void hear_news(struct keeper *k)
{
	cleanup_free char *packet = malloc(NET_PACKET_MAX);
	int unexpected = -1;
	ssize_t n;

	if (!packet || k->watch_fd < 0 || fd_wait(k->watch_fd, POLLIN, 0) == 0)
		return;
	n = unix_recv(k->watch_fd, packet, NET_PACKET_MAX, &unexpected);
	fd_close(&unexpected);
	if (n > 0)
		keeper_event(k->nets, packet, (size_t)n);
	else
		replace_process(k);
}

/* The thread. */
static void *listen_to_it(void *arg)
{
	struct keeper *k = arg;

	while (!k->closing) {
		struct pollfd fds[] = { { .fd = k->wake_fd, .events = POLLIN },
					{ .fd = -1, .events = POLLIN } };
		eventfd_t n;

		pthread_mutex_lock(&k->talk);
		fds[1].fd = k->watch_fd;
		pthread_mutex_unlock(&k->talk);
		(void)poll(fds, ARRAY_SIZE(fds), -1);
		(void)eventfd_read(k->wake_fd, &n);
		pthread_mutex_lock(&k->talk);
		hear_news(k);
		(void)flush_posted(k);
		pthread_mutex_unlock(&k->talk);
	}
	return NULL;
}

static int open_parts(struct keeper *k, int root_fd, struct err *err)
{
	int r = path_open_dir(root_fd, "net", 0700, &k->dir_fd);

	if (r < 0)
		return err_errno(err, r, "%s", k->dir);
	k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->wake_fd < 0)
		return err_errno(err, -errno, "moat-net");
	/* One of another version is left alone until it is needed, and followed then. */
	(void)greet(k, NULL);
	r = thread_start(&k->thread, listen_to_it, k);
	k->has_thread = r == 0;
	return r < 0 ? err_errno(err, r, "moat-net's thread") : 0;
}

int keeper_open(struct networks *nets, int root_fd, struct keeper **ret, struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return err_nomem(err);
	k->nets = nets;
	k->recovering = true;
	k->dir_fd = k->wake_fd = k->namespace_fd = k->watch_fd = -1;
	pthread_mutex_init(&k->talk, NULL);
	pthread_mutex_init(&k->posting, NULL);
	k->dir = str_printf("%s/net", nets->root);
	r = k->dir ? open_parts(k, root_fd, err) : err_nomem(err);
	if (r < 0) {
		keeper_close(k);
		return r;
	}
	*ret = k;
	return 0;
}

void keeper_close(struct keeper *k)
{
	if (!k)
		return;
	k->closing = true;
	if (k->has_thread) {
		ring(k);
		pthread_join(k->thread, NULL);
	}
	fd_close(&k->dir_fd);
	fd_close(&k->wake_fd);
	fd_close(&k->namespace_fd);
	fd_close(&k->watch_fd);
	free(k->dir);
	free(k);
}
