/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-net outlives moatd.  The keeper looks for it when moatd starts, and
 * starts it when it is first needed.  While it runs the keeper has a descriptor of its network
 * namespace: one that has died is followed by one in the same namespace, with the same bridges and
 * taps, and that one is told everything, so that containers notice no more than a pause.
 *
 * Any number of threads talk to it at once, so that it can do work for them together: they share
 * @talk, and whoever replaces the process holds it alone (keeper-life.c).  Each conversation begins
 * with what was posted meanwhile: ends of containers, for which nobody waited.  A moat-net that
 * does not answer is killed.
 *
 * What moat-net says is taken for true: it is moat's own.
 */
#include "daemon/network/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper-inner.h"
#include "daemon/network/tell.h"

#define TUN_PATH "/dev/net/tun"
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

void keeper_ring(struct keeper *k)
{
	(void)eventfd_write(k->wake_fd, 1);
}

int keeper_greeted(struct keeper *k, int r)
{
	k->up = r == 0;
	keeper_ring(k);
	return r;
}

static int ask_posted(const struct net_request *rq, struct err *err, void *arg)
{
	return keeper_ask(arg, rq, NULL, err);
}

/* A moat-net that has died has forgotten all by itself. */
int keeper_flush(struct keeper *k)
{
	return k->up ? outbox_flush(k->outbox, ask_posted, k)
		     : (outbox_flush(k->outbox, NULL, NULL), -ECONNREFUSED);
}

/* Has moat-net write its rules anew and forget what it was not told of, if that is all it should
 * know. */
static int say_settled(struct keeper *k)
{
	const struct net_request rq = { .op = NET_SETTLED };
	struct err err = { 0 };
	int r = k->recovering ? 0 : keeper_ask(k, &rq, NULL, &err);

	if (r < 0 && r != -ECONNREFUSED)
		log_warning("moat-net: %s", err.msg);
	return r == -ECONNREFUSED ? r : 0;
}

static int ends_at_once(const struct keeper *k, int code, struct err *err)
{
	return err_set(err, code, "moat-net ends whenever it is started: see %s/" NET_LOG_FILE,
		       k->dir);
}

int keeper_ensure(struct keeper *k, struct err *err)
{
	int r = 0;

	for (int i = 0; i < KEEPER_ATTEMPTS; i++) {
		bool is_new = !k->up;

		if (is_new)
			r = keeper_greeted(k, netprocess_launch(&k->process, err));
		if (r < 0)
			return err_wrap(err, "moat-net");
		r = keeper_flush(k);
		if (r == 0 && is_new)
			r = tell_all(k->nets);
		if (r == 0 && is_new)
			r = say_settled(k);
		if (r == 0)
			return 0;
		/* moat-net died while it was told: the next one is tried. */
		ends_at_once(k, r, err);
	}
	return -EIO;
}

int keeper_enter(struct keeper *k, struct err *err)
{
	int r = keeper_check(k, err);

	for (int i = 0; i < KEEPER_ATTEMPTS && r == 0; i++) {
		if (keeper_enter_running(k))
			return 0;
		pthread_rwlock_wrlock(&k->talk);
		r = keeper_ensure(k, err);
		pthread_rwlock_unlock(&k->talk);
	}
	if (r == 0)
		return ends_at_once(k, -EIO, err);
	return r == -ECONNREFUSED ? -EIO : r;
}

bool keeper_enter_running(struct keeper *k)
{
	pthread_rwlock_rdlock(&k->talk);
	if (k->up && keeper_flush(k) == 0)
		return true;
	pthread_rwlock_unlock(&k->talk);
	return false;
}

void keeper_leave(struct keeper *k)
{
	pthread_rwlock_unlock(&k->talk);
}

/* Notes that moat-net has died, as a thread that talked to it found. */
static void lose_connection(struct keeper *k)
{
	k->up = false;
	keeper_ring(k);
}

/* Judges the result of a call.  A moat-net that takes longer than the call waited never answers. */
static int judge_answer(struct keeper *k, int r, struct err *err)
{
	if (r == -ETIMEDOUT) {
		r = -ECONNREFUSED;
		if (err)
			err->code = r;
	}
	if (r == -ECONNREFUSED)
		lose_connection(k);
	return r;
}

int keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd, struct net_result *ret,
		    struct err *err)
{
	const struct net_call call = { .request = rq, .fd = fd, .timeout_msec = NET_TIMEOUT_MSEC };

	return judge_answer(k, net_call(k->dir_fd, &call, ret, err), err);
}

int keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
	       struct err *err)
{
	return keeper_ask_with(k, rq, -1, ret, err);
}

static void post_request(struct keeper *k, const struct posted *what)
{
	if (outbox_post(k->outbox, what) < 0)
		log_error("moat-net keeps %s%.12s: out of memory", what->tap, what->key);
	else
		keeper_ring(k);
}

void keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole)
{
	struct posted p = { .slots = slots, .whole = whole };

	strncpy(p.tap, tap, sizeof(p.tap) - 1);
	post_request(k, &p);
}

void keeper_post_ports(struct keeper *k, const char *id)
{
	struct posted p = { 0 };

	strncpy(p.key, id, sizeof(p.key) - 1);
	post_request(k, &p);
}

void keeper_await_ports(struct keeper *k, const char *id)
{
	if (outbox_has_ports(k->outbox, id) && keeper_enter_running(k))
		keeper_leave(k);
}

int keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err)
{
	int r = -ECONNREFUSED;

	for (int i = 0; i < KEEPER_ATTEMPTS && r == -ECONNREFUSED; i++) {
		r = keeper_enter(k, err);
		if (r < 0)
			return r;
		r = judge_answer(k, net_tap(k->dir_fd, ret_fd, ret_name, err), err);
		keeper_leave(k);
	}
	return r;
}

void keeper_lead(struct keeper *k, int fd)
{
	pthread_rwlock_wrlock(&k->talk);
	if (!k->up && k->process.namespace_fd < 0)
		k->process.namespace_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	pthread_rwlock_unlock(&k->talk);
}

void keeper_settle(struct keeper *k)
{
	k->recovering = false;
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
