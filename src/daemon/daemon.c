/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/recover.h"
#include "daemon/container/watcher.h"
#include "daemon/machine/spares.h"
#include "daemon/network/taps.h"
#include "engine/disk.h"

static int on_quit(struct source *s, int fd, uint32_t events, void *arg)
{
	struct daemon *d = arg;

	(void)s;
	(void)fd;
	(void)events;
	loop_quit(d->loop, 0);
	return 0;
}

static int open_folders(struct daemon *d, struct err *err)
{
	int r = path_mkdir_p(d->root, 0700);

	if (r < 0)
		return err_errno(err, r, "data root %s", d->root);
	d->root_fd = open(d->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = d->root_fd < 0 ? -errno : 0;
	if (r == 0)
		r = path_open_dir(d->root_fd, "containers", 0700, &d->containers.dir_fd);
	return r < 0 ? err_errno(err, r, "data root %s", d->root) : 0;
}

static int open_store(struct daemon *d, struct err *err)
{
	cleanup_free char *path = str_printf("%s/images", d->root);
	static char *unpack; /* as long as the store, which keeps the pointer */
	int r = locate_program("moat-unpack", &unpack, err);

	if (r < 0)
		return r;
	return path ? store_open(path, unpack, ROOT_DISK_BYTES, &d->store, err) : err_nomem(err);
}

static int open_volumes(struct daemon *d, struct err *err)
{
	int r = hub_new(&d->hub);

	return r < 0 ? err_errno(err, r, "events")
		     : volumes_open(d->root_fd, d->root, d->state, d->hub, &d->volumes, err);
}

static int open_containers(struct daemon *d)
{
	struct containers *t = &d->containers;
	int r;

	t->root = d->root;
	t->state = d->state;
	t->hub = d->hub;
	t->secrets = &d->secrets;
	t->images = d->store;
	t->loop = d->loop;
	t->volumes = d->volumes;
	r = watcher_new(t, &t->watcher);
	if (r == 0)
		r = restarter_new(t, &t->restarter);
	return r == 0 ? prober_new(t, &t->prober) : r;
}

static int get_tap(void *arg, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1], struct err *err)
{
	return networks_tap(arg, ret_fd, ret_name, err);
}

static void put_tap_back(void *arg, const char *name)
{
	networks_tap_back(arg, name);
}

static int open_machines(struct daemon *d, struct spare_bounds spares, struct err *err)
{
	const struct tap_source taps = { get_tap, put_tap_back, d->networks };
	int r = machines_open(d->root_fd, d->root, spares, &d->machines, err);

	d->containers.machines = d->machines;
	if (r == 0)
		taps_set(&d->machines->taps, &taps);
	return r;
}

static int open_parts(struct daemon *d, struct spare_bounds spares, struct err *err)
{
	int r = open_folders(d, err);

	/* First, so that the older version, which is to end its machines, finds what it left. */
	if (r == 0)
		r = containers_refuse_old(d->containers.dir_fd, err);
	if (r == 0)
		r = state_open(d->root, &d->state, err);
	if (r == 0)
		r = open_store(d, err);
	if (r == 0)
		r = secrets_open(d->root_fd, d->root, &d->secrets, err);
	if (r < 0)
		return r;
	r = open_volumes(d, err);
	if (r < 0)
		return r;
	r = loop_new(&d->loop);
	if (r == 0)
		r = open_containers(d);
	if (r == 0) {
		d->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = d->quit_fd < 0 ? -errno
				   : loop_add_io(d->loop, d->quit_fd, EPOLLIN, on_quit, d, NULL);
	}
	if (r < 0)
		return err_errno(err, r, "moatd's event loop");
	r = networks_open(d->root, d->root_fd, d->state, d->hub, &d->networks, err);
	if (r < 0)
		return r;
	d->containers.networks = d->networks;
	/* Machines are opened last, as they end with the process alone. */
	return open_machines(d, spares, err);
}

static void fill_api(struct daemon *d, struct settings_file *settings)
{
	d->machines->settings = settings;
	networks_use_settings(d->networks, settings);
	d->api = (struct api){
		.root = d->root,
		.root_fd = d->root_fd,
		.containers = &d->containers,
		.machines = d->machines,
		.networks = d->networks,
		.store = d->store,
		.settings = settings,
		.state = d->state,
		.hub = d->hub,
		.volumes = d->volumes,
		.started_nsec = clock_now_nsec(),
		.quit_fd = d->quit_fd,
	};
}

static void daemon_free(struct daemon *d)
{
	containers_await_recovery(&d->containers);
	restarter_free(d->containers.restarter);
	prober_free(d->containers.prober);
	watcher_free(d->containers.watcher);
	loop_free(d->loop);
	containers_destroy(&d->containers);
	networks_close(d->networks);
	volumes_close(d->volumes);
	hub_free(d->hub);
	store_close(d->store);
	secrets_close(&d->secrets);
	state_close(d->state);
	machines_close(d->machines);
	fd_close(&d->root_fd);
	fd_close(&d->quit_fd);
	free(d->root);
	free(d);
}

int daemon_open(const char *root, struct spare_bounds spares, struct settings_file *settings,
		struct daemon **ret, struct err *err)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_nomem(err);
	d->root_fd = d->quit_fd = -1;
	containers_init(&d->containers);
	d->root = strdup(root);
	r = d->root ? open_parts(d, spares, err) : err_nomem(err);
	if (r < 0) {
		daemon_free(d);
		return r;
	}
	fill_api(d, settings);
	*ret = d;
	return 0;
}
