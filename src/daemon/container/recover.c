/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  After a crash there can be folders without a row (removals and creations
 * that were cut short), and containers whose shims went on without us, or started just before the
 * row said so.  So every folder's socket is tried, whatever its row says, and the shim's answer is
 * believed; without a shim, a container that was running has ended, as exit.json says.
 *
 * Shims are asked all at once, each by a thread that holds its container's op lock.  moatd serves
 * when they have answered, or soon without those that do not: for what it asks of a shim, a client
 * waits then as at any other time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "control/client.h"
#include "control/kill.h"
#include "control/names.h"
#include "daemon/container/leftovers.h"
#include "daemon/container/mounts.h"
#include "daemon/container/networking.h"
#include "daemon/container/recover.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "daemon/container/watcher.h"
#include "daemon/network/member-run.h"
#include "daemon/network/networks.h"
#include "daemon/network/ports.h"
#include "daemon/volume/use.h"

#define ANSWER_MSEC  2000
#define END_MSEC     30000 /* of a machine that is killed; longer than the shim takes */
#define RECOVER_MSEC 1000

struct recovering {
	struct container *c; /* a reference */
	int fd;
};

struct loading {
	struct containers *table;
	bool lacks_some;
};

static int load_row(struct record *rec, struct texts *texts, void *arg)
{
	struct loading *l = arg;
	struct container *c;
	struct err err = { 0 };
	int r = container_new(l->table, rec, texts, &c, &err);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_error("container %.12s cannot be read and is left out: %s", rec->id, err.msg);
		l->lacks_some = true;
		return 0;
	}
	containers_add(l->table, c);
	volume_use_find(l->table->volumes, c->rec.id, &c->mounts);
	r = container_tell_names(c);
	container_unref(c);
	return r;
}

static int load_rows(struct containers *t, struct err *err)
{
	struct loading l = { .table = t };
	int r = state_each(t->state, load_row, &l, err);

	/* A container that cannot be read keeps its volumes. */
	if (r == 0 && !l.lacks_some)
		volume_use_tidy(t->volumes);
	return r == -ENOMEM ? err_nomem(err) : r;
}

enum found {
	FOUND_UNWANTED, /* the shim is to be ended */
	FOUND_RUNNING,
	FOUND_ENDED, /* the container has ended, and its machine will end */
};

/*
 * Finds out what a shim is there for.
 *
 * A shim is of no use when its container was never started: moatd ended before it asked for the
 * process, and whoever wanted the start has been told that it failed.  A shim that does not answer
 * in time may only be slow, on a busy host; it is ended where the row says that the container does
 * not run: such a shim may serve the container's files, and keeps the disks that the next machine
 * needs.
 *
 * @ret_paused: for a shim that stays, as clients may ask at once.
 */
static enum found find_out(struct container *c, bool *ret_paused)
{
	cleanup(control_event_reset) struct control_event now = { 0 };
	const struct control_container *told;
	int r = shim_status(container_shim(c), ANSWER_MSEC, &now, NULL);

	if (r < 0)
		return r == -ETIMEDOUT && !container_is_running(c) ? FOUND_UNWANTED : FOUND_RUNNING;
	*ret_paused = now.paused;
	told = control_event_container(&now, c->rec.id);
	if (!told || told->state == STATE_CREATED)
		return FOUND_UNWANTED;
	return told->state == STATE_EXITED ? FOUND_ENDED : FOUND_RUNNING;
}

static void find_ports(const struct container *c)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	struct err err = { 0 };
	int r = stored_read(c->table->state, c->rec.id, &stored, &err);

	if (r == 0)
		r = port_plan_read(stored.config, stored.host, &plan, &err);
	if (r == 0 && ports_found(c->table->networks, c->rec.id, &plan) < 0)
		r = err_nomem(&err);
	if (r < 0)
		log_error("container %.12s runs without its ports: %s", c->rec.id, err.msg);
}

/* Has the main loop listen to a shim.  @fd: a connection that is not needed any more; taken over */
static int adopt_shim(struct container *c, int fd, bool paused)
{
	char tap[CONTROL_TAP_MAX + 1] = "";
	cleanup_close int tap_fd = -1;
	int watch_fd, r;

	close(fd);
	r = shim_watch(container_shim(c), &watch_fd);
	if (r < 0)
		return r;
	(void)shim_tap(container_shim(c), &tap_fd, tap, NULL);
	find_ports(c);
	member_found(c->table->networks, c->rec.id, tap, tap_fd);
	pthread_mutex_lock(&c->table->lock);
	if (!container_is(c, STATES_RUNNING))
		container_enter(c, CONTAINER_LAUNCHED);
	else if (paused)
		container_enter(c, CONTAINER_PAUSED);
	pthread_mutex_unlock(&c->table->lock);
	return watcher_add(c->table->watcher, c,
			   &(struct watch_start){ .fd = watch_fd, .tap = tap });
}

/* Records the end of a run that the row does not know of: exit.json has another time of finishing.
 */
static void note_end(struct container *c)
{
	struct exit_status how = { .code = EXIT_KILLED, .finished_nsec = clock_now_nsec() };
	bool running = container_is_running(c);
	int r = exit_load(c->table->dir_fd, c->rec.id, &how);

	if (!running && (r < 0 || how.finished_nsec == c->rec.finished_nsec))
		return;
	if (r < 0)
		err_set(&how.err, -EIO, "moat-shim ended while moatd was not running");
	container_shares_settle(c, how.started_nsec > 0);
	log_info("container %.12s ended with %d in the meantime", c->rec.id, how.code);
	container_ended(c, &how);
}

static void forget_container(struct container *c)
{
	struct err err = { 0 };

	if (container_forget(c, true, &err) < 0)
		log_error("container %.12s: not removed: %s", c->rec.id, err.msg);
}

/* Was a container with --rm cut off in its first start?  One that was never started has no
 * machine's folder. */
static bool was_cut_off(const struct container *c)
{
	return c->auto_remove && container_is_now(c, STATE(CREATED)) &&
	       faccessat(c->table->dir_fd, c->machine_path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Ends a shim that is of no use.  Whoever wanted the start was told that it failed; a container
 * made with --rm is removed then, as with docker. */
static void end_unwanted(struct container *c, int fd)
{
	cleanup_free char *name = str_printf("%s/" EXIT_FILE, c->rec.id);

	log_info("container %.12s: its start, or a copy of its files, was cut off", c->rec.id);
	(void)shim_ask_end(container_shim(c), CONTROL_KILL, NULL);
	(void)fd_wait(fd, POLLIN, END_MSEC);
	close(fd);
	/* A row that says "running" is that of an earlier run, whose end could not be written. */
	if (container_is_running(c))
		note_end(c);
	/* The next start must not find this exit.json. */
	if (name)
		(void)unlinkat(c->table->dir_fd, name, 0);
	if (was_cut_off(c))
		forget_container(c);
}

static void recover_with_shim(struct container *c, int fd)
{
	bool paused = false;
	int r;

	switch (find_out(c, &paused)) {
	case FOUND_UNWANTED:
		end_unwanted(c, fd);
		return;
	case FOUND_ENDED:
		/* Whoever needs the disks waits for the machine's end. */
		close(fd);
		note_end(c);
		return;
	case FOUND_RUNNING:
		break;
	}
	r = adopt_shim(c, fd, paused);
	if (r == 0) {
		container_shares_settle(c, true);
		container_renew_network(c);
		return;
	}
	log_warning("container %.12s: moat-shim does not listen: %s", c->rec.id, strerror(-r));
	note_end(c);
}

/* Whoever is the last to leave tells the networks before it does: what it uses may be freed
 * afterwards. */
static void leave_recovery(struct containers *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->recovering == 1) {
		pthread_mutex_unlock(&t->lock);
		networks_recovered(t->networks);
		pthread_mutex_lock(&t->lock);
	}
	t->recovering--;
	pthread_cond_broadcast(&t->left_recovery);
	pthread_mutex_unlock(&t->lock);
}

static void *run_recovering(void *arg)
{
	struct recovering *one = arg;
	struct containers *t = one->c->table;

	pthread_mutex_lock(&one->c->op);
	recover_with_shim(one->c, one->fd);
	restart_recover(one->c);
	pthread_mutex_unlock(&one->c->op);
	container_unref(one->c);
	free(one);
	leave_recovery(t);
	return NULL;
}

/* @fd: taken over */
static void begin_recovering(struct container *c, int fd)
{
	struct containers *t = c->table;
	struct recovering *one = malloc(sizeof(*one));

	if (!one) {
		recover_with_shim(c, fd);
		restart_recover(c);
		return;
	}
	*one = (struct recovering){ container_ref(c), fd };
	pthread_mutex_lock(&t->lock);
	t->recovering++;
	pthread_mutex_unlock(&t->lock);
	if (thread_start(NULL, run_recovering, one) < 0)
		(void)run_recovering(one);
}

static void recover_one(struct container *c)
{
	int fd, r = shim_connect(container_shim(c), &fd);

	if (r == 0) {
		begin_recovering(c, fd);
		return;
	}
	if (r == -ENOENT && faccessat(c->table->dir_fd, c->rec.id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		log_warning("container %.12s: its folder is missing, its files are lost",
			    c->rec.id);
	/* A shim whose queue is still full of connections from an earlier moatd is stuck, and
	 * will not accept this one's. */
	if (r == -EAGAIN)
		(void)shim_end(container_shim(c));
	if (was_cut_off(c))
		forget_container(c);
	else
		note_end(c);
	restart_recover(c);
}

static void wait_for_shims(struct containers *t)
{
	struct timespec until = clock_timespec(clock_mono_usec() + RECOVER_MSEC * USEC_PER_MSEC);
	int r = 0;

	mutex_hold(&t->lock);
	while (t->recovering > 1 && r == 0)
		r = pthread_cond_clockwait(&t->left_recovery, &t->lock, CLOCK_MONOTONIC, &until);
	if (t->recovering > 1)
		log_warning("of %u containers moat-shim has not answered yet", t->recovering - 1);
}

static int recover_each(struct containers *t)
{
	struct container **list;
	size_t n;
	int r = containers_list(t, &list, &n);

	if (r < 0)
		return r;
	t->recovering = 1;
	for (size_t i = 0; i < n; i++)
		recover_one(list[i]);
	containers_list_free(list, n);
	wait_for_shims(t);
	leave_recovery(t);
	return 0;
}

/* Refuses shims of the version that had no folders of machines, and another protocol. */
static int refuse_old_shim(int dir_fd, const char *name, void *arg)
{
	pid_t pid = shim_pid((struct shim_ref){ .dir_fd = dir_fd, .name = name });

	return pid > 0 ? err_set(arg, -EBUSY,
				 "container %.12s still runs in a machine of an earlier version of "
				 "moat, which this one cannot speak to: stop it with that version, "
				 "or end process %d",
				 name, (int)pid)
		       : 0;
}

int containers_refuse_old(int dir_fd, struct err *err)
{
	struct err old = { 0 };
	int r = path_each(dir_fd, refuse_old_shim, &old);

	return r < 0 ? err_set(err, r, "%s", *old.msg ? old.msg : strerror(-r)) : 0;
}

int containers_recover(struct containers *t, struct err *err)
{
	int r = load_rows(t, err);

	if (r < 0)
		return r;
	members_tidy(t->networks);
	r = recover_each(t);
	if (r == 0)
		r = leftovers_remove(t);
	return r < 0 ? err_errno(err, r, "%s/containers", t->root) : 0;
}

void containers_await_recovery(struct containers *t)
{
	mutex_hold(&t->lock);
	while (t->recovering > 0)
		pthread_cond_wait(&t->left_recovery, &t->lock);
}
