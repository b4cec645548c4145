/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a container is doing is one state, and container_enter() is the only
 * function that changes it.  Its table says which state may follow which; a step that is not in
 * there is refused, and the caller takes that for "it is not so any more".  Whoever waits for a
 * state asks again at each event.
 */
#include "daemon/container/container.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json-object.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/attach.h"
#include "daemon/container/exec.h"
#include "daemon/container/networking.h"
#include "daemon/container/stored.h"
#include "daemon/spec/log-config.h"
#include "daemon/spec/signals.h"

#define STOP_TIMEOUT_SEC 10

void containers_init(struct containers *t)
{
	*t = (struct containers){ .dir_fd = -1 };
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->left_recovery, NULL);
}

static void container_free(struct container *c)
{
	while (c->execs) {
		struct exec *e = c->execs;

		c->execs = e->next;
		exec_free(e);
	}
	attachments_free(c->attachments);
	json_decref(c->labels);
	json_decref(c->exposed);
	json_decref(c->sockets);
	strv_free(c->args);
	free(c->hostname);
	free(c->domainname);
	free(c->network_mode);
	mount_points_reset(&c->mounts);
	record_reset(&c->rec);
	health_reset(&c->health, &c->health_config);
	pthread_mutex_destroy(&c->op);
	pthread_mutex_destroy(&c->saving);
	free(c);
}

static int copy_text(const json_t *obj, const char *key, const char *otherwise, char **ret)
{
	const char *text = json_string_value(json_object_get(obj, key));

	*ret = strdup(text && *text ? text : otherwise);
	return *ret ? 0 : -ENOMEM;
}

static int read_names(struct container *c, const json_t *config, const json_t *host)
{
	int r = copy_text(config, "Hostname", "", &c->hostname);

	c->n_servers = spec_servers(host, c->servers);
	if (r == 0)
		r = copy_text(config, "Domainname", "", &c->domainname);
	return r == 0 ? copy_text(host, "NetworkMode", NETWORK_MODE_DEFAULT, &c->network_mode) : r;
}

/* Keeps members of the texts as they are stored. */
static int keep_members(struct container *c, const json_t *config, const json_t *host,
			struct err *err)
{
	json_t *labels, *exposed = NULL;
	int r = json_get_object(config, "Labels", &labels, err);

	if (r == 0)
		r = json_get_object(config, "ExposedPorts", &exposed, err);
	if (r == 0 && read_names(c, config, host) < 0)
		r = err_nomem(err);
	if (r < 0)
		return r;
	c->labels = labels ? json_incref(labels) : json_object();
	c->exposed = exposed ? json_incref(exposed) : json_object();
	c->sockets = JSON_OBJECT(member_ref("Moat", json_object_get(host, "Moat")));
	return 0;
}

/* Reads how the container is to be ended. */
static int read_stop(struct container *c, const json_t *config, struct err *err)
{
	int64_t timeout = STOP_TIMEOUT_SEC;
	const char *signal;
	int r = json_get_i64(config, "StopTimeout", &timeout, err);

	if (r == 0)
		r = json_get_str(config, "StopSignal", &signal, err);
	if (r < 0)
		return r;
	c->stop_timeout_sec = timeout < 0 || timeout > 3600 ? STOP_TIMEOUT_SEC : (int)timeout;
	c->stop_signal = SIGTERM;
	return signal && *signal ? signal_parse(signal, &c->stop_signal, err) : 0;
}

static int read_config(struct container *c, const json_t *config, const json_t *host,
		       struct err *err)
{
	struct log_config log = { 0 };
	int r = json_get_bool(config, "Tty", &c->tty, err);

	if (r == 0)
		r = json_get_bool(config, "OpenStdin", &c->open_stdin, err);
	if (r == 0)
		r = json_get_bool(config, "StdinOnce", &c->stdin_once, err);
	if (r == 0)
		r = json_get_bool(host, "AutoRemove", &c->auto_remove, err);
	if (r == 0)
		r = restart_policy_read(json_object_get(host, "RestartPolicy"), &c->restart.policy,
					err);
	if (r == 0)
		r = health_config_read(config, &c->health_config, err);
	if (r == 0)
		r = log_config_read(host, &log, err);
	if (r == 0)
		r = read_stop(c, config, err);
	c->keeps_log = log.max_files > 0;
	return r == 0 ? keep_members(c, config, host, err) : r;
}

int container_new(struct containers *t, struct record *rec, const struct texts *texts,
		  struct container **ret, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	struct container *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_nomem(err);
	c->table = t;
	c->refs = 1;
	pthread_mutex_init(&c->op, NULL);
	pthread_mutex_init(&c->saving, NULL);
	r = stored_parse(texts, &stored, err);
	if (r == 0)
		r = read_config(c, stored.config, stored.host, err);
	if (r == 0 && strv_copy(stored.rt->process->args, &c->args) < 0)
		r = err_nomem(err);
	if (r == 0 && texts->mounts)
		r = mount_points_read(texts->mounts, &c->mounts, err);
	if (r < 0) {
		container_free(c);
		return r;
	}
	c->rec = *rec;
	snprintf(c->machine_path, sizeof(c->machine_path), "%s/" MACHINE_LINK, c->rec.id);
	snprintf(c->files_path, sizeof(c->files_path), "%s/" MACHINE_FILES_LINK, c->rec.id);
	c->files.hold_fd = -1;
	c->state = rec->state == RECORD_RUNNING	 ? CONTAINER_RUNNING
		   : rec->state == RECORD_EXITED ? CONTAINER_EXITED
						 : CONTAINER_CREATED;
	*rec = (struct record){ 0 };
	*ret = c;
	return 0;
}

struct container *container_ref(struct container *c)
{
	mutex_hold(&c->table->lock);
	c->refs++;
	return c;
}

void container_unref(struct container *c)
{
	unsigned left;

	if (!c)
		return;
	pthread_mutex_lock(&c->table->lock);
	left = --c->refs;
	pthread_mutex_unlock(&c->table->lock);
	if (left == 0)
		container_free(c);
}

void containers_destroy(struct containers *t)
{
	while (t->first) {
		struct container *c = t->first;

		t->first = c->next;
		container_free(c);
	}
	pthread_cond_destroy(&t->left_recovery);
	pthread_mutex_destroy(&t->lock);
	fd_close(&t->dir_fd);
}

bool container_enter(struct container *c, enum container_state to)
{
	/* Which states may follow each state. */
	static const unsigned nexts[CONTAINER_STATES] = {
		[CONTAINER_CREATED] = STATE(STARTING) | STATE(LAUNCHED) | STATE(CREATED) |
				      STATE(EXITED) | STATE(REMOVING) | STATE(REMOVED),
		[CONTAINER_EXITED] = STATE(STARTING) | STATE(LAUNCHED) | STATE(EXITED) |
				     STATE(WAITING) | STATE(REMOVING) | STATE(REMOVED),
		[CONTAINER_WAITING] = STATE(STARTING) | STATE(LAUNCHED) | STATE(EXITED) |
				      STATE(WAITING) | STATE(REMOVED),
		[CONTAINER_STARTING] = STATE(LAUNCHED) | STATE(CREATED) | STATE(EXITED) |
				       STATE(WAITING) | STATE(REMOVING),
		[CONTAINER_LAUNCHED] = STATE(RUNNING) | STATE(CREATED) | STATE(EXITED) |
				       STATE(WAITING) | STATE(REMOVING),
		[CONTAINER_RUNNING] =
			STATE(PAUSED) | STATE(EXITED) | STATE(WAITING) | STATE(REMOVING),
		[CONTAINER_PAUSED] =
			STATE(RUNNING) | STATE(EXITED) | STATE(WAITING) | STATE(REMOVING),
		[CONTAINER_REMOVING] = STATE(CREATED) | STATE(EXITED) | STATE(REMOVED),
	};

	if (!(nexts[c->state] & (1u << to)))
		return false;
	if (to == CONTAINER_STARTING || to == CONTAINER_LAUNCHED)
		c->from = container_is(c, STATES_BEGINNING) ? c->from : c->state;
	c->state = to;
	if (container_is(c, STATES_RUNNING))
		c->rec.state = RECORD_RUNNING;
	else if (!container_is(c, STATES_BEGINNING))
		c->rec.state =
			container_at_rest(c) == CONTAINER_CREATED ? RECORD_CREATED : RECORD_EXITED;
	return true;
}

enum container_state container_at_rest(const struct container *c)
{
	return c->rec.started_nsec > 0 || container_is(c, STATES_RUNNING) ? CONTAINER_EXITED
									  : CONTAINER_CREATED;
}

enum container_state container_shown(const struct container *c)
{
	if (container_is(c, STATES_BEGINNING))
		return c->from;
	return container_is(c, STATES_GONE) ? container_at_rest(c) : c->state;
}

bool container_is_now(const struct container *c, unsigned states)
{
	mutex_hold(&c->table->lock);
	return container_is(c, states);
}

bool container_is_running(const struct container *c)
{
	return container_is_now(c, STATES_RUNNING);
}

bool container_is_paused(const struct container *c)
{
	return container_is_now(c, STATE(PAUSED));
}

bool container_is_held(const struct container *c)
{
	mutex_hold(&c->table->lock);
	return c->files.up;
}

uint64_t container_ends(const struct container *c)
{
	mutex_hold(&c->table->lock);
	return c->ends;
}

int container_wait(const struct container *c, container_condition is_so, const void *arg,
		   int timeout_msec, int client_fd)
{
	uint64_t start = clock_mono_usec();
	cleanup_hub_sub struct hub_sub *sub = NULL;
	int r = hub_subscribe(c->table->hub, &sub);

	while (r == 0) {
		uint64_t passed = (clock_mono_usec() - start) / USEC_PER_MSEC;
		bool so;

		pthread_mutex_lock(&c->table->lock);
		so = is_so(c, arg);
		pthread_mutex_unlock(&c->table->lock);
		if (so)
			break;
		if (timeout_msec >= 0 && passed >= (uint64_t)timeout_msec)
			return -ETIMEDOUT;
		r = hub_wait(sub, client_fd, timeout_msec < 0 ? -1 : timeout_msec - (int)passed);
		r = r < 0 ? r : 0;
	}
	return r;
}
