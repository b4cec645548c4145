/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The guest names containers by numbers that are given out here and not again
 * before the guest has taken the container away, and processes by streams, which ascend over the
 * machine's life.  What it says of one that is not there, or not so far, is a violation.
 */
#include "shim/container/containers.h"
#include "shim/container/ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "control/names.h"
#include "control/secrets.h"
#include "seccomp/profile.h"
#include "shim/container/process-io.h"

#define CONFIG_MAX_BYTES MIB(4)

static struct container *by_number(struct containers *all, uint16_t number)
{
	struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (c->number == number && c->state != CONTAINER_GONE)
			return c;
	return NULL;
}

static struct process *by_stream(struct containers *all, uint32_t stream)
{
	struct container *c;
	struct process *p;

	LIST_FOREACH (c, &all->list, entry)
		LIST_FOREACH (p, &c->processes, entry)
			if (p->stream == stream)
				return p;
	return NULL;
}

static int on_ready(void *arg, uint16_t number)
{
	struct container *c = by_number(arg, number);

	return c ? container_ready(c) : -EBADMSG;
}

static int on_failed(void *arg, uint16_t number, const struct err *err)
{
	struct container *c = by_number(arg, number);

	return c ? container_failed(c, err) : -EBADMSG;
}

static int on_removed(void *arg, uint16_t number)
{
	struct containers *all = arg;
	struct container *c = by_number(all, number);

	if (!c || c->state != CONTAINER_REMOVING)
		return -EBADMSG;
	container_gone(c, EXIT_KILLED, NULL);
	all->changed(all->arg);
	return 0;
}

static bool was_ready(const struct container *c)
{
	return c && c->state >= CONTAINER_READY && c->state != CONTAINER_FAILED;
}

static int on_oom(void *arg, uint16_t number)
{
	struct container *c = by_number(arg, number);

	if (!was_ready(c))
		return -EBADMSG;
	container_oom(c);
	return 0;
}

static int on_answer(void *arg, uint16_t number, enum link_type type, struct wire_view payload)
{
	struct container *c = by_number(arg, number);
	bool may = was_ready(c) || (c && type == LINK_NETWORK && c->network.asked);

	return may ? query_answered(c, type, payload) : -EBADMSG;
}

static int on_call(void *arg, uint16_t number, const struct link_call *call)
{
	struct container *c = by_number(arg, number);

	if (!was_ready(c))
		return -EBADMSG;
	/* A container that has ended may have sent this before its end was known here. */
	return c->ended ? 0 : sockets_called(c, call);
}

static int on_started(void *arg, uint32_t stream)
{
	struct process *p = by_stream(arg, stream);
	int r = p ? process_started(p) : -EBADMSG;

	if (r == 0)
		container_process_started(p->container, p);
	return r;
}

static int on_not_started(void *arg, uint32_t stream, const struct err *err)
{
	struct process *p = by_stream(arg, stream);

	if (!p || p->state != PROCESS_STARTING)
		return -EBADMSG;
	container_not_started(p->container, p, err);
	return 0;
}

static int on_exited(void *arg, uint32_t stream, const struct link_exited *e)
{
	struct process *p = by_stream(arg, stream);

	if (!p || p->state != PROCESS_RUNNING)
		return -EBADMSG;
	container_process_exited(p->container, p, e->signal ? 128 + (int)e->signal : (int)e->code,
				 e->oom);
	return 0;
}

static int on_output(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		     size_t len)
{
	struct process *p = by_stream(arg, stream);

	return p ? process_output(p, channel, data, len) : -EBADMSG;
}

static int on_output_end(void *arg, uint32_t stream, enum link_channel channel)
{
	struct process *p = by_stream(arg, stream);

	return p ? process_output_end(p, channel) : -EBADMSG;
}

static void on_writable(void *arg, uint32_t stream)
{
	struct process *p = by_stream(arg, stream);

	if (p)
		process_input_ready(p);
}

const struct guest_container_handler containers_guest_handler = {
	.ready = on_ready,
	.failed = on_failed,
	.removed = on_removed,
	.oom = on_oom,
	.answer = on_answer,
	.call = on_call,
	.started = on_started,
	.not_started = on_not_started,
	.exited = on_exited,
	.output = on_output,
	.output_end = on_output_end,
	.writable = on_writable,
};

static void drop_container(struct container *c)
{
	LIST_REMOVE(c, entry);
	container_free(c);
}

void containers_free(struct containers *all)
{
	while (!LIST_EMPTY(&all->list))
		drop_container(LIST_FIRST(&all->list));
}

struct container *containers_find(struct containers *all, const char *name)
{
	struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (streq(c->name, name))
			return c;
	return NULL;
}

static int load_config(struct container *c, int dir_fd, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct oci_runtime *rt;
	int r = file_read_at(dir_fd, CONFIG_FILE, CONFIG_MAX_BYTES, &text);

	if (r < 0)
		return err_errno(err, r, CONFIG_FILE);
	r = oci_runtime_parse(text.data ? text.data : "", text.len, &c->runtime, err);
	rt = c->runtime;
	if (r == 0 && rt->seccomp)
		r = profile_compile(rt->seccomp, &rt->options.seccomp, err);
	return r < 0 ? err_wrap(err, CONFIG_FILE) : 0;
}

static int add_init(struct container *c, struct err *err)
{
	int r = container_add_process(c, "", c->runtime->process, &c->init);

	if (r < 0)
		return err_errno(err, r, "container");
	c->runtime->process = NULL;
	return 0;
}

/* Secrets are in a descriptor of their own, the last one, as they are to be in no file. */
static int take_secrets(struct container *c, const struct control_request *rq, int *fds,
			struct err *err)
{
	size_t i = CONTROL_FDS_MAX - 1;
	int r;

	if (!rq->has_secrets)
		return 0;
	while (i > 0 && fds[i] < 0)
		i--;
	r = i > 0 ? secrets_read(fds[i], &c->runtime->options.secrets) : -EBADMSG;
	fd_close(&fds[i]);
	return r < 0 ? err_errno(err, r, "secrets") : 0;
}

static int prepare_container(struct container *c, const struct control_request *rq, int dir_fd,
			     struct err *err)
{
	int r = load_config(c, dir_fd, err);

	if (r == 0 && rq->keeps_log) {
		r = crilog_open(dir_fd, &rq->log, &c->log);
		if (r < 0)
			err_errno(err, r, CONTAINER_LOG_FILE);
	}
	return r == 0 ? add_init(c, err) : r;
}

static uint16_t free_number(struct containers *all)
{
	do
		all->last_number++;
	while (all->last_number == 0 || by_number(all, all->last_number));
	return all->last_number;
}

static int take_place(struct containers *all, struct container *c, int dir_fd, struct err *err)
{
	const struct slot slot = { .dir_fd = dir_fd,
				   .image = c->runtime->rootfs_path,
				   .readonly = c->runtime->rootfs_readonly };
	int r = life_take(all->life, &slot, err);

	if (r < 0)
		return r;
	c->slot = r;
	return 0;
}

int containers_add(struct containers *all, const struct control_request *rq, int *fds,
		   struct err *err)
{
	struct container *c;
	int r;

	if (fds[0] < 0)
		return err_set(err, -EINVAL, "add needs a descriptor");
	if (containers_find(all, rq->container))
		return err_set(err, -EEXIST, "there is a container %s", rq->container);
	r = container_new(all, rq->container, &c);
	if (r < 0)
		return err_errno(err, r, "container");
	r = prepare_container(c, rq, fds[0], err);
	if (r == 0)
		r = take_secrets(c, rq, fds, err);
	if (r == 0)
		r = share_take(c, &fds[1], err);
	if (r == 0)
		r = network_take(c, rq, err);
	if (r == 0)
		r = take_place(all, c, fds[0], err);
	if (r < 0) {
		container_free(c);
		return r;
	}
	c->dir_fd = take_fd(&fds[0]);
	c->number = free_number(all);
	LIST_INSERT_HEAD(&all->list, c, entry);
	if (life_takes_containers(all->life))
		container_offer(c);
	return 0;
}

void containers_offer(struct containers *all)
{
	struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		container_offer(c);
}

void containers_end(struct containers *all, int code, const struct err *why)
{
	struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		container_gone(c, code, why);
}

void containers_hurry(struct containers *all)
{
	struct container *c;

	all->hasty = true;
	LIST_FOREACH (c, &all->list, entry)
		if (c->ended && !c->drained)
			container_drain(c);
}

bool containers_kill(struct containers *all)
{
	struct container *c;
	bool any = false;

	LIST_FOREACH (c, &all->list, entry)
		if (container_is_running(c) && process_signal(c->init, SIGKILL) == 0)
			any = true;
	return any;
}

bool containers_are_running(const struct containers *all)
{
	const struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (container_is_running(c))
			return true;
	return false;
}

bool containers_are_wanted(const struct containers *all)
{
	const struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (container_is_wanted(c))
			return true;
	return false;
}

bool containers_are_untold(const struct containers *all)
{
	const struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (c->ended && !c->start_requested && *c->exit.err.msg)
			return true;
	return false;
}

bool containers_are_drained(const struct containers *all)
{
	const struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (!container_is_drained(c))
			return false;
	return true;
}

void containers_forget(struct containers *all)
{
	struct container *c, *next;

	LIST_FOREACH_SAFE (c, &all->list, entry, next)
		if (c->state == CONTAINER_GONE && c->removed && container_is_drained(c))
			drop_container(c);
}
