/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  After a crash there can be folders without a row (removals and creations
 * that were cut short), and containers whose shims went on without us, or started just before the
 * row said so.  So every folder's socket is tried, whatever its row says, and the shim's answer is
 * believed; without a shim, a container that was running has ended, as exit.json says.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/client.h"
#include "daemon/container/recover.h"
#include "daemon/container/transition.h"
#include "daemon/container/watcher.h"

#define ANSWER_MSEC 2000
#define END_MSEC    30000 /* of a machine that is killed; longer than the shim takes */

static int load_row(struct record *rec, struct texts *texts, void *arg)
{
	struct containers *t = arg;
	struct container *c;
	struct err err = { 0 };
	int r = container_new(t, rec, texts, &c, &err);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_error("container %.12s cannot be read and is left out: %s", rec->id, err.msg);
		return 0;
	}
	containers_add(t, c);
	container_unref(c);
	return 0;
}

static bool is_known(struct containers *t, const char *id)
{
	struct container *c;

	if (containers_find(t, id, &c, NULL) < 0)
		return false;
	container_unref(c);
	return true;
}

/*
 * A shim that nobody asked to start never will be: who wanted it has been told it failed.  Of one
 * that runs, what clients may ask for at once is noted.
 */
static bool is_waiting(struct container *c)
{
	cleanup_json json_t *status = NULL;
	const char *state = NULL;

	if (shim_ask(c->table->dir_fd, c->rec.id, "status", ANSWER_MSEC, &status, NULL) < 0)
		return false;
	state = json_string_value(json_object_get(status, "state"));
	pthread_mutex_lock(&c->table->lock);
	c->paused = json_is_true(json_object_get(status, "paused"));
	pthread_mutex_unlock(&c->table->lock);
	return state && streq(state, "created");
}

/* A shim is there: let the main loop hear from it. */
static int adopt(struct container *c, int fd)
{
	static const char watch[] = "{\"op\":\"watch\"}";
	int r = unix_send(fd, watch, strlen(watch), -1);

	if (r < 0) {
		close(fd);
		return r;
	}
	pthread_mutex_lock(&c->table->lock);
	c->shim = true;
	pthread_mutex_unlock(&c->table->lock);
	return watcher_add(c->table->watcher, c, fd, 0);
}

/* The end of a run that the row does not know has another time of finishing. */
static void note_end(struct container *c)
{
	struct shim_exit how = { .code = 137, .finished_nsec = clock_now_nsec() };
	bool running = c->rec.state == CONTAINER_RUNNING;
	int r = shim_load_exit(c->table->dir_fd, c->rec.id, &how);

	if (!running && (r < 0 || how.finished_nsec == c->rec.finished_nsec))
		return;
	if (r < 0)
		strcpy(how.error, "moat-shim ended while moatd was not running");
	log_info("container %.12s ended with %d in the meantime", c->rec.id, how.code);
	container_ended(c, &how);
}

static void recover_one(struct container *c)
{
	int fd, r = shim_connect(c->table->dir_fd, c->rec.id, &fd);

	if (r == -ENOENT && faccessat(c->table->dir_fd, c->rec.id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		log_warning("container %.12s: its folder is missing, its files are lost",
			    c->rec.id);
	/* It has not taken the connections of moatd's that ended: it will not take this one's. */
	if (r == -EAGAIN)
		(void)shim_end(c->table->dir_fd, c->rec.id);
	if (r == 0 && is_waiting(c)) {
		(void)shim_ask(c->table->dir_fd, c->rec.id, "kill", ANSWER_MSEC, NULL, NULL);
		/* Its exit.json is not to be taken for that of a start that is about to come. */
		(void)fd_wait(fd, POLLIN, END_MSEC);
		close(fd);
		return;
	}
	if (r == 0) {
		r = adopt(c, fd);
		if (r == 0)
			return;
		log_warning("container %.12s: moat-shim does not listen: %s", c->rec.id,
			    strerror(-r));
	}
	note_end(c);
}

static int remove_leftover(int dir_fd, const char *name, void *arg)
{
	struct containers *t = arg;

	if (strlen(name) != ID_LEN || !hex_is_lower(name, ID_LEN) || is_known(t, name))
		return 0;
	log_info("container %.12s: removing what is left of it", name);
	(void)shim_ask(t->dir_fd, name, "kill", ANSWER_MSEC, NULL, NULL);
	(void)path_remove_tree(dir_fd, name);
	return 0;
}

int containers_recover(struct containers *t, struct err *err)
{
	struct container **list;
	size_t n;
	int r = state_each(t->state, load_row, t, err);

	if (r == 0)
		r = containers_list(t, &list, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		recover_one(list[i]);
		restart_recover(list[i]);
	}
	containers_list_free(list, n);
	r = path_each(t->dir_fd, remove_leftover, t);
	return r < 0 ? err_errno(err, r, "%s/containers", t->root) : 0;
}
