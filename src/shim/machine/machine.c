/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "engine/disk.h"
#include "engine/machine.h"
#include "shim/machine/affinity.h"
#include "shim/machine/engine-log.h"

/* What a machine is given; all of it is closed here once the engine has its duplicates. */
struct parts {
	int kernel, initrd, console, log, link;
	int shares[MACHINE_SHARES_MAX];
	struct slot_disks disks[MACHINE_SLOTS];
	bool fit; /* the disks have the sizes of every machine's */
};

static void parts_init(struct parts *p)
{
	*p = (struct parts){ -1, -1, -1, -1, -1, { 0 }, .fit = true };
	for (size_t i = 0; i < MACHINE_SLOTS; i++)
		p->disks[i] = SLOT_DISKS_NONE;
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		p->shares[i] = -1;
}

static void close_parts(struct parts *p)
{
	cleanup_close_fn(&p->kernel);
	cleanup_close_fn(&p->initrd);
	cleanup_close_fn(&p->console);
	cleanup_close_fn(&p->log);
	cleanup_close_fn(&p->link);
	for (size_t i = 0; i < MACHINE_SLOTS; i++)
		disks_close(&p->disks[i]);
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		cleanup_close_fn(&p->shares[i]);
}

static int open_file(const char *what, const char *path, int *ret_fd, struct err *err)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, -errno, "%s %s", what, path) : 0;
}

static int open_parts(const struct machine_spec *spec, const struct slot *slots, struct parts *p,
		      struct err *err)
{
	int r = open_file("kernel", spec->kernel, &p->kernel, err);

	if (r == 0)
		r = open_file("initramfs", spec->initrd, &p->initrd, err);
	for (size_t i = 0; r == 0 && i < MACHINE_SLOTS; i++) {
		if (!slots[i].used)
			continue;
		r = disks_open(&slots[i], spec->disk_bytes, &p->disks[i], err);
		p->fit = p->fit && r == 0 && disks_fit(&p->disks[i], spec->disk_bytes);
	}
	return r;
}

/* Makes the ports for shares, which each machine has: it may be given a container with shares at
 * any time. */
static int open_shares(struct parts *p, struct shim_machine *m, struct err *err)
{
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return err_errno(err, -errno, "socket for shares");
		m->share_fds[i] = pair[0];
		p->shares[i] = pair[1];
	}
	return 0;
}

/* Makes the sockets and pipes to the engine: its ends go to @p, ours to @m. */
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
	return open_shares(p, m, err);
}

static void describe_machine(const struct machine_spec *spec, const struct parts *p,
			     const struct machine_supply *supply, struct machine *ret)
{
	*ret = (struct machine){
		.cpus = (unsigned)spec->cpus,
		.acpi = spec->acpi,
		.memory_bytes = spec->memory_bytes,
		.kernel_fd = p->kernel,
		.initrd_fd = p->initrd,
		.link_fd = p->link,
		.console_fd = p->console,
		.log_fd = p->log,
	};
	machine_add_devices(ret, ROOT_DISK_BYTES, spec->disk_bytes);
	for (size_t i = 0; i < MACHINE_SLOTS; i++) {
		ret->disks[MACHINE_IMAGE_DISK(i)].fd = p->disks[i].image_fd;
		ret->disks[MACHINE_LAYER_DISK(i)].fd = p->disks[i].layer_fd;
	}
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		ret->shares[i].fd = p->shares[i];
	ret->nics[0].tap_fd = supply->tap_fd;
}

static int start_engine(const struct machine_spec *spec, const struct parts *p,
			struct shim_machine *m, const struct machine_supply *supply,
			struct err *err)
{
	struct machine description;
	int r;

	describe_machine(spec, p, supply, &description);
	description.from = p->fit ? supply->from : NULL;
	description.forks = supply->forks && description.from;
	description.forks_fd = supply->kin_fd;
	r = m->engine->start(&description, &m->vm, err);
	if (r < 0)
		return r;
	m->pid = m->engine->pid(m->vm);
	m->restored = description.from != NULL;
	return 0;
}

static int fork_engine(const struct machine_spec *spec, const struct parts *p,
		       struct shim_machine *m, const struct machine_supply *supply, struct err *err)
{
	struct machine description;
	int r;

	describe_machine(spec, p, supply, &description);
	description.from = supply->from;
	r = m->engine->fork(&description, supply->kin_fd, &m->vm, err);
	if (r < 0)
		return r;
	m->pid = m->engine->pid(m->vm);
	m->restored = m->resting = true;
	return 0;
}

static int find_engine(const struct machine_spec *spec, struct shim_machine *m, struct err *err)
{
	m->engine = engine_find(spec->engine);
	if (!m->engine)
		return err_set(err, -ENOENT, "there is no engine \"%s\"", spec->engine);
	return spec->cpuset ? affinity_set(0, spec->cpuset, err) : 0;
}

int machine_start(const struct machine_spec *spec, const struct slot *slots,
		  const struct machine_supply *supply, struct shim_machine *ret, struct err *err)
{
	cleanup(machine_release) struct shim_machine m = SHIM_MACHINE_NONE;
	cleanup(close_parts) struct parts parts;
	int r = find_engine(spec, &m, err);

	parts_init(&parts);
	if (r == 0)
		r = open_parts(spec, slots, &parts, err);
	if (r == 0)
		r = open_channels(&parts, &m, err);
	if (r == 0)
		r = start_engine(spec, &parts, &m, supply, err);
	if (r < 0)
		return r;
	*ret = m;
	m = SHIM_MACHINE_NONE;
	return 0;
}

int machine_fork(const struct machine_spec *spec, const struct machine_supply *supply,
		 struct shim_machine *ret, struct err *err)
{
	cleanup(machine_release) struct shim_machine m = SHIM_MACHINE_NONE;
	cleanup(close_parts) struct parts parts;
	int r = find_engine(spec, &m, err);

	parts_init(&parts);
	if (r == 0 && !(m.engine->features & ENGINE_FORK))
		r = err_set(err, -EOPNOTSUPP, "the engine forks no machines");
	if (r == 0)
		r = open_channels(&parts, &m, err);
	if (r == 0)
		r = fork_engine(spec, &parts, &m, supply, err);
	if (r < 0)
		return r;
	*ret = m;
	m = SHIM_MACHINE_NONE;
	return 0;
}

#define SLOT_SWAPS 2

static void describe_swaps(struct machine_swap *ret, const struct machine_spec *spec, unsigned slot,
			   const struct slot_disks *d)
{
	ret[0].disk = MACHINE_IMAGE_DISK(slot);
	ret[0].with = (struct machine_disk){ d->image_fd, true, ROOT_DISK_BYTES };
	ret[1].disk = MACHINE_LAYER_DISK(slot);
	ret[1].with = (struct machine_disk){ d->layer_fd, false, spec->disk_bytes };
}

int machine_fill(struct shim_machine *m, const struct machine_spec *spec, const struct slot *slots,
		 unsigned slot, struct err *err)
{
	cleanup(disks_close) struct slot_disks d = SLOT_DISKS_NONE;
	struct machine_swap swaps[SLOT_SWAPS];
	int r;

	if (!(m->engine->features & ENGINE_SWAP_DISKS))
		return err_set(err, -EOPNOTSUPP,
			       "the engine cannot take another container into a machine that runs");
	r = disks_open(&slots[slot], spec->disk_bytes, &d, err);
	if (r < 0)
		return r;
	if (!disks_fit(&d, spec->disk_bytes))
		return err_set(err, -EINVAL, "the disks do not fit the machine");
	describe_swaps(swaps, spec, slot, &d);
	return m->engine->swap_disks(m->vm, swaps, SLOT_SWAPS, m->resting, err);
}

int machine_empty(struct shim_machine *m, const struct machine_spec *spec, unsigned slot,
		  struct err *err)
{
	struct machine_swap swaps[SLOT_SWAPS];

	if (!(m->engine->features & ENGINE_SWAP_DISKS))
		return 0;
	describe_swaps(swaps, spec, slot, &SLOT_DISKS_NONE);
	return m->engine->swap_disks(m->vm, swaps, SLOT_SWAPS, false, err);
}

void machine_close_share(struct shim_machine *m, unsigned slot)
{
	if (m->share_fds[slot] >= 0)
		shutdown(m->share_fds[slot], SHUT_RDWR);
	fd_close(&m->share_fds[slot]);
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
	if (m->log_fd >= 0)
		engine_log_copy(m->log_fd);
	cleanup_close_fn(&m->link_fd);
	cleanup_close_fn(&m->console_fd);
	cleanup_close_fn(&m->log_fd);
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		cleanup_close_fn(&m->share_fds[i]);
	*m = SHIM_MACHINE_NONE;
}
