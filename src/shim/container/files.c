/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/files.h"

#include <errno.h>

#include "base/str.h"
#include "shim/control.h"
#include "shim/shim.h"

#define IDLE_USEC (3 * USEC_PER_SEC)

static int on_idle(struct source *source, void *arg)
{
	(void)source;
	shim_shutdown(arg);
	return 0;
}

void files_check_idle(struct shim *s)
{
	const struct process *p;
	bool busy = false;
	int r = 0;

	if (!s->config->machine.files_only || s->stage != SHIM_UP)
		return;
	LIST_FOREACH (p, &s->processes, entry)
		busy = busy || process_is_files(p);
	if (!s->files_idle)
		r = loop_add_timer(s->loop, UINT64_MAX, on_idle, s, &s->files_idle);
	if (r == 0)
		r = source_set_timer(s->files_idle, busy ? UINT64_MAX : IDLE_USEC);
	if (r < 0)
		shim_shutdown(s);
}

static int check(struct shim *s, const struct control_request *request, int fd, struct err *err)
{
	bool only = s->config && s->config->machine.files_only;

	if (fd < 0)
		return err_set(err, -EINVAL, "files needs a descriptor");
	if (s->decided && *s->exit.err.msg)
		return err_set(err, -EIO, "%s", s->exit.err.msg);
	if (s->stage != SHIM_UP || s->decided)
		return err_set(err, -ESRCH, "the machine is ending");
	if (!only && s->init->state != PROCESS_RUNNING)
		return err_set(err, s->init->state == PROCESS_OVER ? -ESRCH : -EBUSY,
			       "the container does not run yet");
	if (s->paused)
		return err_set(err, -EBUSY, "the container is paused");
	if (shim_find_target(s, request->target))
		return err_set(err, -EEXIST, "there is an operation %s", request->target);
	return 0;
}

/* As much of a process as there is to it. */
static struct oci_process *describe(const struct control_request *request)
{
	struct oci_process *p = calloc(1, sizeof(*p));

	if (p)
		p->open_stdin = request->files.op == LINK_FILES_PUT;
	return p;
}

static int add(struct shim *s, const struct control_request *request, int *fd, struct process **ret)
{
	struct client_options options = { .framed = true, .wants = { true, true, true } };
	struct oci_process *spec = describe(request);
	struct process *p;
	int r = spec ? shim_add_process(s, request->target, spec, &p) : -ENOMEM;

	if (r < 0) {
		oci_process_free(spec);
		return r;
	}
	r = link_files_put(&p->files, &request->files);
	if (r == 0)
		r = process_attach(p, *fd, &options);
	if (r == 0)
		(void)take_fd(fd);
	if (r == 0 && guest_is_ready(s->guest))
		r = process_spawn(p);
	if (r < 0) {
		LIST_REMOVE(p, entry);
		process_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

int files_request(struct shim *s, struct conn *conn, struct control_request *request, int *fd,
		  struct err *err)
{
	struct process *p;
	int r = check(s, request, *fd, err);

	if (r < 0)
		return r;
	r = add(s, request, fd, &p);
	if (r < 0)
		return err_errno(err, r, "files");
	files_check_idle(s);
	control_wait(conn, p);
	return 0;
}

void files_ready(struct shim *s)
{
	struct process *p, *next;

	for (p = LIST_FIRST(&s->processes); p; p = next) {
		struct err err;
		int r;

		next = LIST_NEXT(p, entry);
		if (!process_is_files(p) || p->state != PROCESS_WAITING)
			continue;
		r = process_spawn(p);
		if (r < 0) {
			err_errno(&err, r, "files");
			shim_failed(s, p, &err);
		}
	}
}
