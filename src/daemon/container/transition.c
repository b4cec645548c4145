/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each function here takes one step of a container's life, in the same two
 * stages.  Under the table's lock it changes the state, if container_enter() lets it, and what goes
 * with the state, and publishes the event, which wakes everybody who waits: whoever has seen the
 * state and publishes something that follows from it, as a restart does, comes after it.  Without
 * the lock it writes the row, since a disk may be slow; a moatd that is killed before that finds
 * out again from the shim or exit.json.  A step that was refused, or is known already, has neither
 * an event nor a row to write.
 *
 * When and how a container ended is told by its shim, which has it from the guest.
 */
#include "daemon/container/transition.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/container/attach.h"
#include "daemon/container/exec.h"
#include "daemon/container/mounts.h"
#include "daemon/container/sockets.h"
#include "daemon/container/table.h"
#include "daemon/network/member-run.h"
#include "daemon/network/member.h"
#include "daemon/volume/use.h"

/* Describes an event; called without the table's lock, as labels can be long.  @extra: taken over
 */
static json_t *describe_event(const struct container *c, json_t *extra)
{
	cleanup_json json_t *owned = extra;
	json_t *attributes = json_deep_copy(c->labels);

	if (attributes) {
		json_object_update(attributes, owned);
		json_object_set_new(attributes, "image", json_string(c->rec.image));
	}
	return attributes;
}

/* Publishes an event.  Under the table's lock.  @attributes: of describe_event(); taken over */
static void publish_described(struct container *c, const char *action, json_t *attributes)
{
	if (attributes)
		json_object_set_new(attributes, "name", json_string(c->rec.name));
	hub_publish(c->table->hub, "container", action, c->rec.id, attributes);
}

void container_publish(struct container *c, const char *action, json_t *extra)
{
	json_t *attributes = describe_event(c, extra);

	mutex_hold(&c->table->lock);
	publish_described(c, action, attributes);
}

void container_save(struct container *c)
{
	cleanup(record_reset) struct record rec = { 0 };
	struct err err = { 0 };
	int r;

	pthread_mutex_lock(&c->saving);
	pthread_mutex_lock(&c->table->lock);
	r = record_dup(&c->rec, &rec);
	pthread_mutex_unlock(&c->table->lock);
	r = r < 0 ? err_nomem(&err) : state_update(c->table->state, &rec, &err);
	pthread_mutex_unlock(&c->saving);
	/* A record that could not be written is no loss: a restarted moatd learns the state from
	 * the shim or from exit.json. */
	if (r < 0)
		log_error("container %.12s: state not saved: %s", c->rec.id, err.msg);
}

void container_started(struct container *c, pid_t pid, int64_t started_nsec)
{
	cleanup_json json_t *event = describe_event(c, NULL);
	bool news;

	pthread_mutex_lock(&c->table->lock);
	news = !container_is(c, STATES_RUNNING) && container_enter(c, CONTAINER_RUNNING);
	if (news) {
		c->rec.pid = pid;
		c->rec.started_nsec = started_nsec;
		c->rec.exit_code = 0;
		c->rec.oom = false;
		(void)str_set(&c->rec.error, "");
		publish_described(c, "start", take_ptr(event));
	}
	pthread_mutex_unlock(&c->table->lock);
	if (!news)
		return;
	container_save(c);
	container_mounts_publish(c, true);
}

void container_paused(struct container *c, bool paused)
{
	cleanup_json json_t *event = describe_event(c, NULL);
	bool news;

	mutex_hold(&c->table->lock);
	news = container_is(c, paused ? STATE(RUNNING) : STATE(PAUSED)) &&
	       container_enter(c, paused ? CONTAINER_PAUSED : CONTAINER_RUNNING);
	if (news)
		publish_described(c, paused ? "pause" : "unpause", take_ptr(event));
}

void container_disk_full(struct container *c, bool full)
{
	bool news;

	pthread_mutex_lock(&c->table->lock);
	news = c->disk_full != full;
	c->disk_full = full;
	pthread_mutex_unlock(&c->table->lock);
	if (!news)
		return;
	log_warning("container %.12s: %s", c->rec.id,
		    full ? "the disk is full: it cannot write what needs room"
			 : "the disk has room again");
	if (full)
		container_publish(c, "disk_full", NULL);
}

void container_oom(struct container *c)
{
	bool running, news;

	pthread_mutex_lock(&c->table->lock);
	running = container_is(c, STATES_RUNNING);
	news = running && !c->rec.oom;
	c->rec.oom |= news;
	pthread_mutex_unlock(&c->table->lock);
	if (news)
		container_save(c);
	if (running)
		container_publish(c, "oom", NULL);
}

static void end_execs(struct container *c)
{
	for (struct exec *e = c->execs; e; e = e->next) {
		if (e->running)
			e->code = EXIT_KILLED;
		e->running = false;
	}
}

/* How long the container ran; 0 for a start that failed. */
static int64_t ran_nsec(const struct container *c, const struct exit_status *how)
{
	int64_t started = how->started_nsec > 0 ? how->started_nsec : how->finished_nsec;

	if (how->started_nsec == 0 && container_is(c, STATES_RUNNING))
		started = c->rec.started_nsec;
	return how->finished_nsec - started;
}

/* Did a process of this run, not of an earlier one, run out of memory? */
static bool was_told_of_oom(const struct container *c)
{
	return container_is(c, STATES_RUNNING) && c->rec.oom;
}

/* Records the end.  Under the table's lock. */
static void record_end(struct container *c, const struct exit_status *how)
{
	bool knows_of_oom = was_told_of_oom(c);

	c->rec.exit_code = how->code;
	c->rec.oom = how->oom || knows_of_oom;
	c->rec.finished_nsec = how->finished_nsec;
	if (how->started_nsec > 0)
		c->rec.started_nsec = how->started_nsec;
	c->rec.pid = 0;
	c->disk_full = false;
	(void)str_set(&c->rec.error, how->err.msg);
	end_execs(c);
}

static void forget_ended(struct container *c)
{
	struct err err = { 0 };

	if (container_forget(c, true, &err) == 0)
		return;
	log_error("container %.12s: not removed: %s", c->rec.id, err.msg);
	pthread_mutex_lock(&c->table->lock);
	container_enter(c, container_at_rest(c));
	pthread_mutex_unlock(&c->table->lock);
	container_save(c);
}

/* @arg: a reference */
static void *run_forget(void *arg)
{
	forget_ended(arg);
	container_unref(arg);
	return NULL;
}

/* Removes a container on a thread, as its files may be many and large, and the main thread has
 * other containers' events to handle. */
static void forget_in_background(struct container *c)
{
	if (thread_start(NULL, run_forget, container_ref(c)) < 0)
		run_forget(c);
}

void container_ended(struct container *c, const struct exit_status *how)
{
	json_t *die =
		describe_event(c, json_pack("{s:o}", "exitCode", json_sprintf("%d", how->code)));
	cleanup_json json_t *oom = how->oom ? describe_event(c, NULL) : NULL;
	struct attachment *left;
	enum container_state next;
	bool forget, again, save, entered;
	int64_t ran;

	/* The addresses are given back before anybody may start the container again. */
	member_end(c->table->networks, c->rec.id);
	container_sockets_remove(c);
	pthread_mutex_lock(&c->table->lock);
	ran = ran_nsec(c, how);
	again = container_is(c, STATES_RUNNING) || how->started_nsec > 0 ||
		container_shown(c) == CONTAINER_WAITING;
	if (how->oom && !was_told_of_oom(c))
		publish_described(c, "oom", take_ptr(oom));
	record_end(c, how);
	/* A container whose first start failed is still only created, as with docker. */
	next = container_at_rest(c);
	if (c->auto_remove && !c->kept)
		next = CONTAINER_REMOVING;
	else if (again && !container_is(c, STATES_GONE) && restart_after_end(c, ran))
		next = CONTAINER_WAITING;
	entered = container_enter(c, next);
	forget = entered && next == CONTAINER_REMOVING;
	save = entered && !forget;
	left = take_ptr(c->attachments);
	c->ends++;
	publish_described(c, "die", die);
	pthread_mutex_unlock(&c->table->lock);
	attachments_free(left);
	if (again)
		container_mounts_publish(c, false);
	if (save)
		container_save(c);
	if (how->err.msg[0])
		log_warning("container %.12s: %s", c->rec.id, how->err.msg);
	if (forget)
		forget_in_background(c);
}

void container_exec_ended(struct container *c, const char *exec_id, int code)
{
	struct exec *e;

	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, exec_id);
	if (e) {
		e->started = e->launched = true;
		e->running = false;
		e->code = code;
	}
	pthread_mutex_unlock(&c->table->lock);
	container_publish(
		c, "exec_die",
		json_pack("{s:s, s:o}", "execID", exec_id, "exitCode", json_sprintf("%d", code)));
}

/* Removes the folder of the machine it ran in last. */
static void forget_machine(struct container *c)
{
	cleanup_close int dir_fd = openat(c->table->dir_fd, c->rec.id,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir_fd >= 0)
		machine_unlink(c->table->machines, dir_fd, MACHINE_LINK);
}

int container_forget(struct container *c, bool with_volumes, struct err *err)
{
	int r = state_delete(c->table->state, c->rec.id, with_volumes, err);

	/* On a full disk there may be no room to write the record: removing the container's
	 * files makes some. */
	if (r == -ENOSPC) {
		(void)path_remove_tree(c->table->dir_fd, c->rec.id);
		r = state_delete(c->table->state, c->rec.id, with_volumes, err);
	}
	if (r < 0)
		return r;
	if (!containers_drop(c))
		return 0;
	member_forget(c->table->networks, c->rec.id);
	container_publish(c, "destroy", NULL);
	volume_use_release(c->table->volumes, c->rec.id, &c->mounts, with_volumes);
	forget_machine(c);
	r = path_remove_tree(c->table->dir_fd, c->rec.id);
	if (r < 0)
		log_warning("container %.12s: its folder is left: %s", c->rec.id, strerror(-r));
	return 0;
}
