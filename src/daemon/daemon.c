/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/watcher.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"
#include "kernel/store.h"

#define START_LEASE_USEC (2 * USEC_PER_SEC) /* a start that takes longer holds up no other */

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
		r = path_open_dir(d->root_fd, "containers", 0700, &d->containers_fd);
	return r < 0 ? err_errno(err, r, "data root %s", d->root) : 0;
}

static int open_store(struct daemon *d, struct err *err)
{
	cleanup_free char *path = str_printf("%s/images", d->root);
	static char *unpack; /* the store keeps it */
	int r = locate_program("moat-unpack", &unpack, err);

	if (r < 0)
		return r;
	return path ? store_open(path, unpack, &d->store, err) : -ENOMEM;
}

static int open_kernels(struct daemon *d, struct err *err)
{
	cleanup_free char *init = NULL;
	int r = locate_program("moat-init", &init, err);

	return r < 0 ? r : kernel_store_open(d->root_fd, d->root, init, &d->kernels, err);
}

/* Without a new initramfs guests go on with the moat-init they have. */
static void refresh_kernel(struct daemon *d)
{
	struct err err = { 0 };

	if (kernel_refresh(d->kernels, &err) < 0)
		log_warning("the guest's moat-init is not the installed one: %s", err.msg);
}

/* What is missing is told now, and not by every start. */
static int locate_parts(struct daemon *d, struct err *err)
{
	cleanup_free char *library = NULL;
	int r = locate_program("moat-shim", &d->shim_path, err);

	return r == 0 ? locate_library(ENGINE_CLONE_LIBRARY, &library, err) : r;
}

static int open_parts(struct daemon *d, struct spare_bounds spares, struct err *err)
{
	int r = locate_parts(d, err);

	if (r == 0)
		r = open_folders(d, err);
	if (r == 0)
		r = open_kernels(d, err);
	if (r == 0)
		r = state_open(d->root, &d->state, err);
	if (r == 0)
		r = open_store(d, err);
	if (r == 0)
		r = hub_new(&d->hub);
	if (r == 0)
		r = loop_new(&d->loop);
	if (r == 0)
		r = watcher_new(d, &d->watcher);
	if (r == 0)
		r = templates_open(d, &d->templates, err);
	if (r == 0)
		r = restarter_new(d, &d->restarter);
	if (r == 0)
		r = prober_new(d, &d->prober);
	if (r < 0)
		return r;
	refresh_kernel(d);
	d->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = d->quit_fd < 0 ? -errno : loop_add_io(d->loop, d->quit_fd, EPOLLIN, on_quit, d, NULL);
	/* The last one, as it does not end before the process. */
	return r < 0 ? r : spares_open(d, spares, &d->spares, err);
}

int daemon_open(const char *root, struct spare_bounds spares, struct daemon **ret, struct err *err)
{
	struct daemon *d = calloc(1, sizeof(*d));
	cpu_set_t cpus;
	int r;

	if (!d)
		return -ENOMEM;
	d->root_fd = d->containers_fd = d->quit_fd = -1;
	d->started_nsec = clock_now_nsec();
	d->host_cpus =
		sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
	containers_init(&d->containers);
	pthread_mutex_init(&d->engine.lock, NULL);
	gate_init(&d->starts, d->host_cpus, START_LEASE_USEC);
	d->root = strdup(root);
	r = d->root ? open_parts(d, spares, err) : -ENOMEM;
	if (r < 0) {
		daemon_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

void daemon_close(struct daemon *d)
{
	if (!d)
		return;
	restarter_free(d->restarter);
	prober_free(d->prober);
	templates_close(d->templates);
	watcher_free(d->watcher);
	loop_free(d->loop);
	containers_destroy(&d->containers);
	hub_free(d->hub);
	store_close(d->store);
	state_close(d->state);
	kernel_store_close(d->kernels);
	for (size_t i = 0; i < 3; i++) {
		int fd = (int[]){ d->root_fd, d->containers_fd, d->quit_fd }[i];

		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_destroy(&d->engine.lock);
	gate_destroy(&d->starts);
	free(d->root);
	free(d->socket);
	free(d->shim_path);
	free(d);
}

int daemon_engine(struct daemon *d, const struct engine **ret, struct engine_probe *ret_probe,
		  struct err *err)
{
	struct engine_choice *choice = &d->engine;
	int r = 0;

	pthread_mutex_lock(&choice->lock);
	if (!choice->known) {
		(void)engine_choose(&choice->engine, &choice->probe, &choice->err);
		choice->known = true;
	}
	pthread_mutex_unlock(&choice->lock);
	if (ret_probe)
		*ret_probe = choice->probe;
	if (!choice->engine)
		r = err_set(err, -EIO, "%s", choice->err.msg);
	else
		*ret = choice->engine;
	return r;
}

void daemon_quit(struct daemon *d)
{
	(void)eventfd_write(d->quit_fd, 1);
}
