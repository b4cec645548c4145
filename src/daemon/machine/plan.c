/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/plan.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cpuset.h"
#include "base/fd.h"
#include "base/str.h"
/* A container with a lower limit, or none, gets a machine for this much. */
#define MEMORY_MIN_BYTES GIB(1)

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
	const char *cpuset;
	cpu_set_t set;
	int r = json_get_i64(host, "Memory", &memory, err);

	if (r == 0)
		r = json_get_i64(host, "NanoCpus", &nano_cpus, err);
	if (r == 0)
		r = json_get_str(host, "CpusetCpus", &cpuset, err);
	if (r < 0)
		return r;
	if (nano_cpus > 0)
		*ret_cpus = (unsigned)((nano_cpus + 999999999) / 1000000000);
	else if (cpuset && *cpuset && cpuset_parse(cpuset, &set) == 0)
		*ret_cpus = (unsigned)CPU_COUNT(&set);
	else
		*ret_cpus = host_cpus < CPUS_DEFAULT_MAX ? host_cpus : CPUS_DEFAULT_MAX;
	*ret_memory_bytes = MEMORY_MIN_BYTES;
	while (memory > 0 && *ret_memory_bytes < (uint64_t)memory)
		*ret_memory_bytes *= 2;
	*ret_memory_bytes += MEMORY_OVERHEAD_BYTES;
	return 0;
}

static char *describe(const struct machine_plan *p)
{
	cleanup_json json_t *machine = json_pack(
		"{s:s, s:i, s:I, s:s, s:s, s:b, s:I, s:b, s:b, s:{s:I, s:I}, s:s*}", "engine",
		p->engine->name, "cpus", (int)p->cpus, "memory_bytes", (json_int_t)p->memory_bytes,
		"kernel", p->kernel.kernel, "initrd", p->kernel.initrd, "acpi", p->kernel.acpi,
		"disk_bytes", (json_int_t)p->disk_bytes, "disposable", (int)p->disposable,
		"files_only", (int)p->files_only, "log", "max_bytes", (json_int_t)p->log.max_bytes,
		"max_files", (json_int_t)p->log.max_files, "cpuset", p->cpuset);

	return machine ? json_write(machine) : NULL;
}

static int read_cpuset(const json_t *host, char **ret, struct err *err)
{
	const char *text;
	int r = json_get_str(host, "CpusetCpus", &text, err);

	if (r < 0 || !text || !*text)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int is_cold(const json_t *host, bool *ret, struct err *err)
{
	json_t *ours;
	int r = json_get_object(host, "Moat", &ours, err);

	return r == 0 && ours ? json_get_bool(ours, "Cold", ret, err) : r;
}

/* The container's own, or the one for all. */
static int find_kernel(struct machines *ms, const json_t *host, struct kernel_paths *ret,
		       struct err *err)
{
	const char *hash = NULL;
	json_t *ours;
	int r = json_get_object(host, "Moat", &ours, err);

	if (r == 0)
		r = json_get_str(ours, "KernelHash", &hash, err);
	if (r < 0)
		return r;
	return hash && *hash ? kernel_find(ms->kernels, hash, ret, err)
			     : kernel_current(ms->kernels, ret, err);
}

void machine_plan_reset(struct machine_plan *p)
{
	kernel_paths_reset(&p->kernel);
	free(p->cpuset);
	p->cpuset = NULL;
}

int machine_plan_copy(const struct machine_plan *p, struct machine_plan *ret)
{
	struct machine_plan copy = *p;
	int r = kernel_paths_copy(&p->kernel, &copy.kernel);

	copy.cpuset = NULL;
	if (r == 0)
		*ret = copy;
	return r;
}

int machine_plan(struct machines *ms, const char *host, struct machine_plan *ret, struct err *err)
{
	cleanup(machine_plan_reset) struct machine_plan p = { .disk_bytes = DISK_BYTES };
	const char *text = host ? host : "{}";
	cleanup_json json_t *obj = NULL;
	int r = json_read(text, strlen(text), "stored HostConfig", &obj, err);

	if (r == 0)
		r = machine_size(obj, ms->host_cpus, &p.cpus, &p.memory_bytes, err);
	if (r == 0)
		r = is_cold(obj, &p.cold, err);
	if (r == 0)
		r = log_config_read(obj, &p.log, err);
	if (r == 0)
		r = json_get_bool(obj, "AutoRemove", &p.disposable, err);
	if (r == 0)
		r = read_cpuset(obj, &p.cpuset, err);
	if (r == 0)
		r = find_kernel(ms, obj, &p.kernel, err);
	if (r == 0)
		r = machines_engine(ms, &p.engine, NULL, err);
	if (r < 0)
		return r;
	*ret = p;
	p.kernel = (struct kernel_paths){ 0 };
	p.cpuset = NULL;
	return 0;
}

int machine_write(const struct machine_plan *p, const char *spec, int dir_fd, struct err *err)
{
	cleanup_free char *text = describe(p);
	int r = text ? file_overwrite(dir_fd, "machine.json", text, strlen(text), 0600) : -ENOMEM;

	if (r == 0 && spec)
		r = file_overwrite(dir_fd, "config.json", spec, strlen(spec), 0600);
	return r < 0 ? err_errno(err, r, "machine.json and config.json") : 0;
}

static int read_description(int dir_fd, json_t **ret, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = file_read_at(dir_fd, "machine.json", KIB(64), &text);

	if (r < 0)
		return err_errno(err, r, "machine.json");
	return json_read(text.data ? text.data : "", text.len, "machine.json", ret, err);
}

bool machine_was_for_start(int dir_fd)
{
	cleanup_json json_t *obj = NULL;

	return read_description(dir_fd, &obj, NULL) == 0 &&
	       json_is_false(json_object_get(obj, "files_only"));
}

int machine_running(int dir_fd, unsigned *ret_cpus, uint64_t *ret_memory_bytes, struct err *err)
{
	cleanup_json json_t *obj = NULL;
	int64_t cpus = 0, memory = 0;
	int r = read_description(dir_fd, &obj, err);

	if (r == 0)
		r = json_get_i64(obj, "cpus", &cpus, err);
	if (r == 0)
		r = json_get_i64(obj, "memory_bytes", &memory, err);
	if (r < 0)
		return r;
	if (cpus < 1 || memory <= (int64_t)MEMORY_OVERHEAD_BYTES)
		return err_set(err, -EBADMSG, "machine.json is damaged");
	*ret_cpus = (unsigned)cpus;
	*ret_memory_bytes = (uint64_t)memory - MEMORY_OVERHEAD_BYTES;
	return 0;
}
