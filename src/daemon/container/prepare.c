/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What is stored of a container is read once, and each part of what it
 * brings is made of that: its networks and ports, its secrets, its mounts with their file server.
 * What the guest is to know of them goes into config.json, which is written last.
 */
#include "daemon/container/prepare.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "control/names.h"
#include "daemon/container/names.h"
#include "daemon/container/secrets.h"
#include "daemon/network/member-run.h"
#include "daemon/network/member.h"
#include "daemon/network/ports.h"
#include "image/image.h"

void prepared_reset(struct prepared *p)
{
	json_decref(p->host);
	wiring_reset(&p->wiring);
	if (p->shares.control_fd >= 0)
		container_shares_reset(&p->shares);
	fd_close(&p->dir_fd);
	fd_close(&p->secrets_fd);
}

/* Leaves out options that make no difference to files: one that cannot be set must keep nobody from
 * them. */
static void leave_out_options(struct oci_runtime *rt)
{
	oci_options_reset(&rt->options);
	json_decref(take_ptr(rt->seccomp));
}

static int bind_ports(const struct container *c, const struct stored *s, struct err *err)
{
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	int r = port_plan_read(s->config, s->host, &plan, err);

	return r == 0 && plan.n > 0 ? ports_bind(c->table->networks, c->rec.id, &plan, err) : r;
}

static int join_networks(const struct container *c, struct stored *s, struct wiring *ret,
			 struct err *err)
{
	int r = member_begin(c->table->networks, c->rec.id, ret, err);

	if (r == 0)
		r = bind_ports(c, s, err);
	return r == 0 && ret->network.n > 0 ? container_names_put(s, ret, err) : r;
}

/* config.json is written before each use, so one that a crash left half-written does no harm. */
static int write_files(const struct container *c, int dir_fd, enum lease_purpose purpose,
		       const struct oci_runtime *rt, struct err *err)
{
	cleanup_free char *spec = oci_runtime_write(rt);
	int r;

	if (!spec)
		return err_nomem(err);
	if (purpose == LEASE_RUN && unlinkat(dir_fd, EXIT_FILE, 0) < 0 && errno != ENOENT)
		r = -errno;
	else
		r = file_overwrite(dir_fd, CONFIG_FILE, spec, strlen(spec), 0600);
	return r < 0 ? err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id) : 0;
}

/* Prepares what a process of the container needs. */
static int prepare_run(const struct container *c, struct stored *s, struct prepared *p,
		       struct err *err)
{
	cleanup(secret_uses_reset) struct secret_uses uses = { 0 };
	int r = join_networks(c, s, &p->wiring, err);

	if (r == 0)
		r = secret_uses_read(s->host, &uses, err);
	if (r == 0 && uses.n > 0)
		r = container_secrets_get(c->table, &uses, &p->secrets_fd, err);
	return r;
}

static int prepare_folder(struct container *c, enum lease_purpose purpose, struct stored *s,
			  struct prepared *p, struct err *err)
{
	int r = path_open_dir(c->table->dir_fd, c->rec.id, 0700, &p->dir_fd);

	if (r < 0)
		return err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id);
	if (purpose != LEASE_FILES && c->mounts.n > 0)
		r = container_shares_open(c, p->dir_fd, &s->rt->options.mounts, &p->shares, err);
	return r == 0 ? write_files(c, p->dir_fd, purpose, s->rt, err) : r;
}

int container_prepare(struct container *c, enum lease_purpose purpose, struct prepared *ret,
		      struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup(prepared_reset) struct prepared p = PREPARED_NONE;
	int r = store_restore(c->table->images, &c->rec.manifest, err);

	if (r == 0)
		r = stored_read(c->table->state, c->rec.id, &stored, err);
	if (r < 0)
		return r;
	if (purpose == LEASE_RUN)
		r = prepare_run(c, &stored, &p, err);
	else
		leave_out_options(stored.rt);
	if (r == 0)
		r = prepare_folder(c, purpose, &stored, &p, err);
	if (r < 0)
		return r;
	p.host = take_ptr(stored.host);
	*ret = p;
	p = PREPARED_NONE;
	return 0;
}
