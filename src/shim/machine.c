/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/layer.h"

#define LAYER_FILE   "rw.ext4"
#define CONSOLE_FILE "boot.log"

/* What a machine is given; all of it is closed here once the engine has its duplicates. */
struct parts {
	int kernel, initrd, root, layer, console, link;
};

static void close_parts(struct parts *p)
{
	cleanup_close_fn(&p->kernel);
	cleanup_close_fn(&p->initrd);
	cleanup_close_fn(&p->root);
	cleanup_close_fn(&p->layer);
	cleanup_close_fn(&p->console);
	cleanup_close_fn(&p->link);
}

static int open_file(const char *what, const char *path, int *ret_fd, struct err *err)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, -errno, "%s %s", what, path) : 0;
}

static int open_layer(const struct shim_config *config, int dir_fd, int *ret_fd, struct err *err)
{
	*ret_fd = openat(dir_fd, LAYER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (*ret_fd < 0 && errno == ENOENT) {
		int r = layer_create(dir_fd, LAYER_FILE, config->disk_bytes, err);

		if (r < 0)
			return r;
		*ret_fd = openat(dir_fd, LAYER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	}
	return *ret_fd < 0 ? err_errno(err, -errno, "writable layer %s", LAYER_FILE) : 0;
}

static int open_parts(const struct shim_config *config, int dir_fd, struct parts *p,
		      struct err *err)
{
	int r = open_file("kernel", config->kernel, &p->kernel, err);

	if (r == 0)
		r = open_file("initramfs", config->initrd, &p->initrd, err);
	if (r == 0)
		r = open_file("image", config->runtime->rootfs_path, &p->root, err);
	if (r == 0 && !config->runtime->rootfs_readonly)
		r = open_layer(config, dir_fd, &p->layer, err);
	if (r < 0)
		return r;
	p->console = openat(dir_fd, CONSOLE_FILE,
			    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return p->console < 0 ? err_errno(err, -errno, CONSOLE_FILE) : 0;
}

static int start(const struct shim_config *config, const struct parts *p, struct shim_machine *m,
		 struct err *err)
{
	struct machine description = {
		.cpus = config->cpus,
		.memory_bytes = config->memory_bytes,
		.kernel_fd = p->kernel,
		.initrd_fd = p->initrd,
		.disks = { { .fd = p->root, .read_only = true }, { .fd = p->layer } },
		.n_disks = p->layer >= 0 ? 2 : 1,
		.link_fd = p->link,
		.console_fd = p->console,
		.log_fd = STDERR_FILENO,
	};
	int r = m->engine->start(&description, &m->vm, err);

	if (r < 0)
		return r;
	m->pid = m->engine->pid(m->vm);
	return 0;
}

int machine_start(const struct shim_config *config, int dir_fd, struct shim_machine *ret,
		  struct err *err)
{
	cleanup(close_parts) struct parts parts = { -1, -1, -1, -1, -1, -1 };
	struct shim_machine m = { .engine = engine_find(config->engine) };
	cleanup_close int link_fd = -1;
	int pair[2], r;

	if (!m.engine)
		return err_set(err, -ENOENT, "there is no engine \"%s\"", config->engine);
	r = open_parts(config, dir_fd, &parts, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for the guest link");
	link_fd = pair[0];
	parts.link = pair[1];
	r = start(config, &parts, &m, err);
	if (r < 0)
		return r;
	m.link_fd = take_fd(&link_fd);
	*ret = m;
	return 0;
}

void machine_kill(struct shim_machine *m)
{
	if (m->vm)
		m->engine->kill(m->vm);
}

void machine_release(struct shim_machine *m)
{
	if (m->vm)
		m->engine->free(m->vm);
	cleanup_close_fn(&m->link_fd);
	*m = (struct shim_machine){ .link_fd = -1 };
}
