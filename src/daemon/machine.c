/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/kernel.h"

/* A container without a limit of its own gets a machine for this much. */
#define MEMORY_DEFAULT_BYTES GIB(1)

/*
 * What the guest needs beside the container: kernel text and tables, its page structures, the
 * initramfs and moat-init.  The machine has this on top, so the container can use all of its limit.
 */
#define MEMORY_OVERHEAD_BYTES MIB(96)

/* Largest size of the writable layer; the file is sparse. */
#define DISK_BYTES GIB(16)

#define CPUS_DEFAULT_MAX 4u

int machine_size(const json_t *host, unsigned host_cpus, unsigned *ret_cpus,
		 uint64_t *ret_memory_bytes, struct err *err)
{
	int64_t memory = 0, nano_cpus = 0;
	int r = json_get_i64(host, "Memory", &memory, err);

	if (r == 0)
		r = json_get_i64(host, "NanoCpus", &nano_cpus, err);
	if (r < 0)
		return r;
	if (nano_cpus > 0)
		*ret_cpus = (unsigned)((nano_cpus + 999999999) / 1000000000);
	else
		*ret_cpus = host_cpus < CPUS_DEFAULT_MAX ? host_cpus : CPUS_DEFAULT_MAX;
	*ret_memory_bytes = memory > 0 ? (uint64_t)memory : MEMORY_DEFAULT_BYTES;
	/* Whole MiB: engines take no others. */
	*ret_memory_bytes =
		(*ret_memory_bytes + MEMORY_OVERHEAD_BYTES + MIB(1) - 1) & ~(MIB(1) - 1);
	return 0;
}

static int write_plain(int dir_fd, const char *name, const char *text)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

static json_t *describe(const struct engine *engine, unsigned cpus, uint64_t memory_bytes,
			const struct kernel_paths *kernel)
{
	return json_pack("{s:s, s:i, s:I, s:s, s:s, s:I, s:b}", "engine", engine->name, "cpus",
			 (int)cpus, "memory_bytes", (json_int_t)memory_bytes, "kernel",
			 kernel->kernel, "initrd", kernel->initrd, "disk_bytes",
			 (json_int_t)DISK_BYTES, "cold", 1);
}

int machine_write(struct daemon *d, const struct texts *texts, int dir_fd, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	cleanup_json json_t *host = NULL, *machine = NULL;
	cleanup_free char *text = NULL;
	const struct engine *engine;
	uint64_t memory_bytes;
	unsigned cpus;
	int r = json_read(texts->host_config, strlen(texts->host_config), "stored HostConfig",
			  &host, err);

	if (r == 0)
		r = machine_size(host, d->host_cpus, &cpus, &memory_bytes, err);
	if (r == 0)
		r = kernel_current(d, &kernel, err);
	if (r == 0)
		r = daemon_engine(d, &engine, NULL, err);
	if (r < 0)
		return r;
	machine = describe(engine, cpus, memory_bytes, &kernel);
	text = machine ? json_write(machine) : NULL;
	if (!text)
		return -ENOMEM;
	r = write_plain(dir_fd, "machine.json", text);
	if (r == 0)
		r = write_plain(dir_fd, "config.json", texts->spec);
	return r < 0 ? err_errno(err, r, "machine.json and config.json") : 0;
}
