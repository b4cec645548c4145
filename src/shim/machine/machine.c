/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/disk.h"
#include "shim/machine/affinity.h"
#include "shim/machine/engine-log.h"
#include "storage/layer.h"

#define LOCK_WAIT_USEC	(5 * USEC_PER_SEC)
#define LOCK_RETRY_USEC (20 * USEC_PER_MSEC)

/* What a machine is given; all of it is closed here once the engine has its duplicates. */
struct parts {
	int kernel, initrd, root, layer, console, log, link;
};

static void close_parts(struct parts *p)
{
	cleanup_close_fn(&p->kernel);
	cleanup_close_fn(&p->initrd);
	cleanup_close_fn(&p->root);
	cleanup_close_fn(&p->layer);
	cleanup_close_fn(&p->console);
	cleanup_close_fn(&p->log);
	cleanup_close_fn(&p->link);
}

static int open_file(const char *what, const char *path, int *ret_fd, struct err *err)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, -errno, "%s %s", what, path) : 0;
}

/*
 * Two machines would ruin the layer's filesystem.  The lock is on the open file that the engine
 * inherits, so it is held until the engine is gone, even where its shim was killed before.
 */
static int lock_layer(int fd, struct err *err)
{
	uint64_t deadline = clock_mono_usec() + LOCK_WAIT_USEC;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, -errno, "lock %s", LAYER_FILE);
		if (clock_mono_usec() >= deadline)
			return err_set(err, -EBUSY,
				       "writable layer %s is in use by another machine: end its "
				       "process first",
				       LAYER_FILE);
		usleep(LOCK_RETRY_USEC);
	}
	return 0;
}

/* Return: 0; -ENOENT where it is missing, or is to be made anew; -errno with a message. */
static int open_existing(int dir_fd, int *ret_fd, struct err *err)
{
	cleanup_close int fd = openat(dir_fd, LAYER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int r = fd < 0 ? -errno : 0;

	if (r < 0)
		return err_errno(err, r, "writable layer %s", LAYER_FILE);
	r = lock_layer(fd, err);
	if (r < 0)
		return r;
	r = layer_is_lost(fd);
	if (r < 0)
		return err_errno(err, r, "writable layer %s", LAYER_FILE);
	if (r > 0) {
		log_warning("the writable layer was lost with the host's power, and is made anew");
		return -ENOENT;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_layer(const struct shim_config *config, int dir_fd, int *ret_fd, struct err *err)
{
	int r = open_existing(dir_fd, ret_fd, err);

	if (r != -ENOENT)
		return r;
	r = layer_create(dir_fd, LAYER_FILE, config->machine.disk_bytes, err);
	return r < 0 ? r : open_existing(dir_fd, ret_fd, err);
}

/* A container without a writable layer leaves the disk for it blank: the descriptor is -1. */
static int open_second(const struct shim_config *config, int dir_fd, int *ret_fd, struct err *err)
{
	return config->runtime->rootfs_readonly ? 0 : open_layer(config, dir_fd, ret_fd, err);
}

static int open_parts(const struct shim_config *config, int dir_fd, struct parts *p,
		      struct err *err)
{
	int r = open_file("kernel", config->machine.kernel, &p->kernel, err);

	if (r == 0)
		r = open_file("initramfs", config->machine.initrd, &p->initrd, err);
	if (r == 0)
		r = open_file("image", config->runtime->rootfs_path, &p->root, err);
	if (r == 0)
		r = open_second(config, dir_fd, &p->layer, err);
	return r;
}

/* The engine's ends go to @p, ours to @m. */
static int open_channels(struct parts *p, struct shim_machine *m, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for the guest link");
	m->link_fd = pair[0];
	p->link = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "pipe for the guest's console");
	m->console_fd = pair[0];
	p->console = pair[1];
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, -errno, "pipe for the engine's log");
	m->log_fd = pair[0];
	p->log = pair[1];
	return 0;
}

static bool has_size(int fd, uint64_t size_bytes)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && (uint64_t)sb.st_size == size_bytes;
}

static bool disks_fit(const struct shim_config *config, int root_fd, int layer_fd)
{
	return has_size(root_fd, ROOT_DISK_BYTES) &&
	       (layer_fd < 0 || has_size(layer_fd, config->machine.disk_bytes));
}

static int start(const struct shim_config *config, const struct parts *p, struct shim_machine *m,
		 const struct machine_template *from, struct err *err)
{
	struct machine description = {
		.cpus = (unsigned)config->machine.cpus,
		.acpi = config->machine.acpi,
		.memory_bytes = config->machine.memory_bytes,
		.kernel_fd = p->kernel,
		.initrd_fd = p->initrd,
		.link_fd = p->link,
		.console_fd = p->console,
		.log_fd = p->log,
	};
	int r;

	machine_add_devices(&description, ROOT_DISK_BYTES, config->machine.disk_bytes);
	description.disks[MACHINE_IMAGE_DISK(0)].fd = p->root;
	description.disks[MACHINE_LAYER_DISK(0)].fd = p->layer;
	if (disks_fit(config, p->root, p->layer))
		description.from = from;
	r = m->engine->start(&description, &m->vm, err);
	if (r < 0)
		return r;
	m->pid = m->engine->pid(m->vm);
	m->restored = description.from != NULL;
	return 0;
}

int machine_start(const struct shim_config *config, int dir_fd, const struct machine_template *from,
		  struct shim_machine *ret, struct err *err)
{
	cleanup(close_parts) struct parts parts = { -1, -1, -1, -1, -1, -1, -1 };
	cleanup(machine_release) struct shim_machine m = SHIM_MACHINE_NONE;
	int r;

	m.engine = engine_find(config->machine.engine);
	if (!m.engine)
		return err_set(err, -ENOENT, "there is no engine \"%s\"", config->machine.engine);
	r = config->machine.cpuset ? affinity_set(0, config->machine.cpuset, err) : 0;
	if (r == 0)
		r = open_parts(config, dir_fd, &parts, err);
	if (r == 0)
		r = open_channels(&parts, &m, err);
	if (r == 0)
		r = start(config, &parts, &m, from, err);
	if (r < 0)
		return r;
	*ret = m;
	m = SHIM_MACHINE_NONE;
	return 0;
}

static int swap_disks(struct shim_machine *m, const struct shim_config *config, int root_fd,
		      int layer_fd, struct err *err)
{
	const struct machine_swap swaps[] = {
		{ MACHINE_IMAGE_DISK(0), { .fd = root_fd, .read_only = true } },
		{ MACHINE_LAYER_DISK(0),
		  { .fd = layer_fd, .size_bytes = config->machine.disk_bytes } },
	};

	return m->engine->swap_disks(m->vm, swaps, ARRAY_SIZE(swaps), true, err);
}

int machine_adopt(struct shim_machine *m, const struct shim_config *config, int dir_fd,
		  struct err *err)
{
	cleanup_close int root = -1, layer = -1;
	int r = open_file("image", config->runtime->rootfs_path, &root, err);

	if (r == 0)
		r = open_second(config, dir_fd, &layer, err);
	if (r < 0)
		return r;
	if (!disks_fit(config, root, layer))
		return err_set(err, -EINVAL, "the disks do not fit the machine");
	return swap_disks(m, config, root, layer, err);
}

void machine_kill(struct shim_machine *m)
{
	if (m->vm)
		m->engine->kill(m->vm);
}

void machine_release(struct shim_machine *m)
{
	source_free(m->events);
	if (m->vm)
		m->engine->free(m->vm);
	if (m->log_fd >= 0)
		engine_log_copy(m->log_fd);
	cleanup_close_fn(&m->link_fd);
	cleanup_close_fn(&m->console_fd);
	cleanup_close_fn(&m->log_fd);
	*m = SHIM_MACHINE_NONE;
}
