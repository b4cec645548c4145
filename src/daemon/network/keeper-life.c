/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A thread hears what moat-net tells on its own, tells it what was posted,
 * and notices its death.  Then all but the namespace is forgotten, and another moat-net is started
 * at once where a container runs, else when it is needed.
 */
#include "daemon/network/keeper-life.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper-event.h"
#include "daemon/network/keeper-inner.h"

#define PAUSE_USEC                                                                                 \
	(10 * USEC_PER_SEC) /* after a moat-net that died at once, unless one is needed */
#define SHORT_USEC USEC_PER_SEC

static bool is_needed(struct networks *nets)
{
	bool needed = false;

	mutex_hold(&nets->lock);
	for (const struct member *m = nets->members; m && !needed; m = m->next)
		needed = m->active;
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

/* Forgets a process that has died, or is to.  @talk is held alone. */
static void forget_process(struct keeper *k)
{
	k->up = false;
	netprocess_forget(&k->process);
}

/* Replaces a moat-net that has died, where somebody needs one; after one that died at once, not at
 * once. */
static void replace_process(struct keeper *k)
{
	uint64_t lived = clock_mono_usec() - k->process.started_usec;
	struct err err = { 0 };

	if (!is_needed(k->nets)) {
		log_info("moat-net has ended");
		return;
	}
	log_warning("moat-net has died, and is started again");
	if (lived < SHORT_USEC)
		usleep(PAUSE_USEC);
	pthread_rwlock_wrlock(&k->talk);
	if (!k->up && keeper_ensure(k, &err) < 0)
		log_error("containers are without networks: %s", err.msg);
	pthread_rwlock_unlock(&k->talk);
}

/* Handles what moat-net tells on its own.  Under @talk.  Return: false when it has died. */
static bool hear_news(struct keeper *k)
{
	cleanup_free char *packet = NULL;
	ssize_t n = netprocess_hear(&k->process, &packet);

	if (n > 0)
		keeper_event(k->nets, packet, (size_t)n);
	return n != -EPIPE;
}

static int watched_fd(struct keeper *k)
{
	int fd;

	pthread_rwlock_rdlock(&k->talk);
	fd = k->process.watch_fd;
	pthread_rwlock_unlock(&k->talk);
	return fd;
}

/* Exchanges messages with moat-net.  Return: false where it may have died. */
static bool converse_with_net(struct keeper *k)
{
	bool lives;

	pthread_rwlock_rdlock(&k->talk);
	lives = hear_news(k);
	(void)keeper_flush(k);
	lives = lives && k->up;
	pthread_rwlock_unlock(&k->talk);
	return lives;
}

/* Forgets a moat-net that has died, unless another one has replaced it.  Return: was there one? */
static bool bury_process(struct keeper *k)
{
	bool dead;

	pthread_rwlock_wrlock(&k->talk);
	dead = k->process.watch_fd >= 0 && (!k->up || !hear_news(k));
	if (dead)
		forget_process(k);
	pthread_rwlock_unlock(&k->talk);
	return dead;
}

/* The keeper's thread. */
static void *listen_to_it(void *arg)
{
	struct keeper *k = arg;

	while (!k->closing) {
		struct pollfd fds[] = { { .fd = k->wake_fd, .events = POLLIN },
					{ .fd = watched_fd(k), .events = POLLIN } };
		eventfd_t n;

		(void)poll(fds, ARRAY_SIZE(fds), -1);
		(void)eventfd_read(k->wake_fd, &n);
		if (!converse_with_net(k) && bury_process(k))
			replace_process(k);
	}
	return NULL;
}

static int open_parts(struct keeper *k, int root_fd, struct err *err)
{
	int r = path_open_dir(root_fd, "net", 0700, &k->dir_fd);

	if (r < 0)
		return err_errno(err, r, "%s", k->dir);
	k->process.dir = k->dir;
	k->process.dir_fd = k->dir_fd;
	k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->wake_fd < 0)
		return err_errno(err, -errno, "moat-net");
	/* A moat-net of another version is left alone until one is needed, and replaced then. */
	(void)keeper_greeted(k, netprocess_greet(&k->process, NULL));
	r = thread_start(&k->thread, listen_to_it, k);
	k->has_thread = r == 0;
	return r < 0 ? err_errno(err, r, "moat-net's thread") : 0;
}

/* A thread that wants to be alone waits for those that talk, but not for those that come later. */
static void init_talk(pthread_rwlock_t *talk)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(talk, &attr);
	pthread_rwlockattr_destroy(&attr);
}

int keeper_open(struct networks *nets, int root_fd, struct keeper **ret, struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return err_nomem(err);
	k->nets = nets;
	k->recovering = true;
	k->dir_fd = k->wake_fd = -1;
	k->process = NETPROCESS_NONE;
	init_talk(&k->talk);
	k->outbox = outbox_new();
	k->dir = str_printf("%s/net", nets->root);
	r = k->outbox && k->dir ? open_parts(k, root_fd, err) : err_nomem(err);
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
		keeper_ring(k);
		pthread_join(k->thread, NULL);
	}
	fd_close(&k->dir_fd);
	fd_close(&k->wake_fd);
	netprocess_reset(&k->process);
	outbox_free(k->outbox);
	pthread_rwlock_destroy(&k->talk);
	free(k->dir);
	free(k);
}
