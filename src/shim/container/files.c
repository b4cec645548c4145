/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/files.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "shim/container/process-io.h"

static int check_request(struct container *c, const struct control_request *rq, int fd,
			 struct err *err)
{
	if (fd < 0)
		return err_set(err, -EINVAL, "files needs a descriptor");
	if (c->ended && *c->exit.err.msg)
		return err_set(err, -EIO, "%s", c->exit.err.msg);
	if (c->ended || c->state > CONTAINER_READY)
		return err_set(err, -ESRCH, "the container's process is over");
	if (container_find(c, rq->target))
		return err_set(err, -EEXIST, "there is an operation %s", rq->target);
	return 0;
}

/* Work on files is a struct process here, which needs no more than this of a description. */
static struct oci_process *describe_process(const struct control_request *rq)
{
	struct oci_process *p = calloc(1, sizeof(*p));

	if (p)
		p->open_stdin = rq->files.op == LINK_FILES_PUT;
	return p;
}

static int add_process(struct container *c, const struct control_request *rq, int *fd,
		       struct process **ret)
{
	struct client_options options = { .framed = true, .wants = { true, true, true } };
	struct oci_process *spec = describe_process(rq);
	struct process *p;
	int r = spec ? container_add_process(c, rq->target, spec, &p) : -ENOMEM;

	if (r < 0) {
		oci_process_free(spec);
		return r;
	}
	p->order = LINK_FILES;
	r = link_files_put(&p->payload, &rq->files);
	if (r == 0)
		r = process_attach(p, *fd, &options);
	if (r == 0)
		(void)take_fd(fd);
	if (r == 0 && c->state == CONTAINER_READY)
		r = process_spawn(p);
	if (r < 0) {
		container_drop_process(p);
		return r;
	}
	*ret = p;
	return 0;
}

int files_request(struct container *c, struct conn *conn, const struct control_request *rq, int *fd,
		  struct err *err)
{
	struct process *p;
	int r = check_request(c, rq, *fd, err);

	if (r < 0)
		return r;
	r = add_process(c, rq, fd, &p);
	if (r < 0)
		return err_errno(err, r, "files");
	process_answer_to(p, conn);
	return 0;
}

void files_ready(struct container *c)
{
	struct process *p, *next;

	LIST_FOREACH_SAFE (p, &c->processes, entry, next) {
		struct err err;
		int r;

		if (p->order != LINK_FILES || p->state != PROCESS_WAITING)
			continue;
		r = process_spawn(p);
		if (r < 0) {
			err_errno(&err, r, "files");
			container_not_started(c, p, &err);
		}
	}
}
