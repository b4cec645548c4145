/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "control/names.h"
#include "daemon/container/names.h"
#include "daemon/container/secrets.h"
#include "oci/runtime.h"
#include "storage/layer.h"

void prepared_reset(struct prepared *p)
{
	machine_plan_reset(&p->plan);
	container_shares_reset(&p->shares);
	fd_close(&p->dir_fd);
	fd_close(&p->secrets_fd);
}

/* The container's config.json without its options. */
static int leave_out_options(char **spec, struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	char *text;
	int r = oci_runtime_parse(*spec, strlen(*spec), &rt, err);

	if (r < 0)
		return r;
	oci_options_reset(&rt->options);
	json_decref(take_ptr(rt->seccomp));
	text = oci_runtime_write(rt);
	if (!text)
		return err_nomem(err);
	free(*spec);
	*spec = text;
	return 0;
}

/* The file is written before each use, so one that a crash left half-written does no harm. */
static int write_files(int dir_fd, enum lease_purpose purpose, const char *spec)
{
	if (purpose == LEASE_RUN && unlinkat(dir_fd, EXIT_FILE, 0) < 0 && errno != ENOENT)
		return -errno;
	return file_overwrite(dir_fd, CONFIG_FILE, spec, strlen(spec), 0600);
}

/* One of a size of its own is made here, as the shim makes all the same. */
static int make_layer(int dir_fd, const struct machine_plan *p, struct err *err)
{
	cleanup_close int fd =
		p->layer_bytes > 0 ? openat(dir_fd, LAYER_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
				   : -1;

	if (p->layer_bytes == 0 || (fd >= 0 && layer_is_lost(fd) <= 0))
		return 0;
	return layer_create_within(dir_fd, LAYER_FILE, p->layer_bytes, p->disk_bytes, err);
}

int container_prepare(struct container *c, enum lease_purpose purpose, const struct wiring *w,
		      struct prepared *ret, struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup(prepared_reset) struct prepared p = PREPARED_NONE;
	int r = state_texts(c->table->state, c->rec.id, &texts, err);

	if (r == 0 && purpose != LEASE_RUN)
		r = leave_out_options(&texts.spec, err);
	if (r == 0 && w && w->network.n > 0) {
		taps_ask_again(&c->table->machines->taps);
		r = container_names_put(&texts, w, err);
	}
	if (r == 0)
		r = machine_plan(c->table->machines, texts.host_config, &p.plan, err);
	if (r == 0 && purpose == LEASE_RUN)
		r = container_secrets_get(c->table, texts.host_config, &p.secrets_fd, err);
	if (r < 0)
		return r;
	r = path_open_dir(c->table->dir_fd, c->rec.id, 0700, &p.dir_fd);
	if (r < 0)
		return err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id);
	r = make_layer(p.dir_fd, &p.plan, err);
	if (r == 0 && purpose != LEASE_FILES)
		r = container_shares_open(c, p.dir_fd, &texts.spec, &p.shares, err);
	if (r < 0)
		return r;
	r = write_files(p.dir_fd, purpose, texts.spec);
	if (r < 0) {
		container_shares_settle(c, false);
		return err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id);
	}
	*ret = p;
	p = PREPARED_NONE;
	return 0;
}
