/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/cpuset.h"
#include "base/hash.h"
#include "base/str.h"
#include "control/machine-spec.h"
#include "control/names.h"
#include "engine/disk.h"
#include "engine/machine.h"
#include "kernel/recommended.h"
#include "storage/layer.h"

/* A container with a lower limit, or none, gets a machine for this much. */
#define MEMORY_MIN_BYTES GIB(1)

/*
 * What the guest needs beside the container: kernel text and tables, the initramfs and moat-init,
 * and for each page of memory a structure of 64 bytes, which is a 64th of it.  The machine gets
 * this on top, so that the container can use all of its limit.
 */
#define MEMORY_OVERHEAD_BYTES (MIB(96) - MEMORY_MIN_BYTES / PAGES_SHARE)
#define PAGES_SHARE	      64u

/*
 * What a guest with a filled balloon has beyond that: its kernel begins to look for memory at marks
 * that follow the machine's size, and the programs that run are in its cache.  With less, a
 * container that comes near its limit makes the kernel read its programs again and again.
 */
#define MEMORY_SLACK_BYTES MIB(32)

/*
 * Largest size of the writable layer; the file is sparse.  The guest reads a description of each
 * 128 MiB when it mounts it, so more of it costs time in every start.
 */
#define DISK_BYTES GIB(64)

#define CPUS_DEFAULT_MAX 4u

uint64_t machine_memory_for(uint64_t container_bytes)
{
	uint64_t bytes = container_bytes + container_bytes / PAGES_SHARE + MEMORY_OVERHEAD_BYTES;

	return (bytes + MIB(1) - 1) / MIB(1) * MIB(1);
}

uint64_t machine_memory_left(uint64_t container_bytes, uint64_t room_bytes)
{
	return container_bytes + machine_memory_for(room_bytes) - room_bytes + MEMORY_SLACK_BYTES;
}

/* The inverse of machine_memory_for().  Return: 0 for less than any machine has. */
static uint64_t memory_for_container(uint64_t machine_bytes)
{
	return machine_bytes > MEMORY_OVERHEAD_BYTES
		       ? (machine_bytes - MEMORY_OVERHEAD_BYTES) / (PAGES_SHARE + 1) * PAGES_SHARE
		       : 0;
}

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
	*ret_memory_bytes = machine_memory_for(*ret_memory_bytes);
	return 0;
}

static int read_cpuset(const json_t *host, char **ret, struct err *err)
{
	const char *text;
	int r = json_get_str(host, "CpusetCpus", &text, err);

	if (r < 0 || !text || !*text)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : err_nomem(err);
}

int machine_layer_bytes(const json_t *host, uint64_t *ret, struct err *err)
{
	json_t *map = NULL, *value;
	const char *key;
	int r = json_get_object(host, "StorageOpt", &map, err);

	*ret = 0;
	json_object_foreach (map, key, value) {
		const char *text = json_string_value(value);

		if (!streq(key, "size"))
			return err_set(err, -EINVAL, "Unknown option %s", key);
		if (!text || str_to_size(text, ret) < 0)
			return err_set(err, -EINVAL, "invalid size: '%s'", text ? text : "");
		if (*ret < LAYER_SIZE_MIN || *ret > DISK_BYTES)
			return err_set(err, -EINVAL,
				       "storage option size=%s: must be from 16 MiB to %llu GiB",
				       text, (unsigned long long)(DISK_BYTES >> 30));
	}
	return r;
}

static int is_cold(const json_t *host, bool *ret, struct err *err)
{
	json_t *ours;
	int r = json_get_object(host, "Moat", &ours, err);

	return r == 0 && ours ? json_get_bool(ours, "Cold", ret, err) : r;
}

/* Finds the container's own kernel, or the one that is set for all. */
static int find_kernel(struct machines *ms, const json_t *host, struct machine_plan *ret,
		       struct err *err)
{
	const char *hash = NULL;
	json_t *ours;
	int r = json_get_object(host, "Moat", &ours, err);

	if (r == 0)
		r = json_get_str(ours, "KernelHash", &hash, err);
	if (r < 0)
		return r;
	ret->own_kernel = hash && *hash;
	return ret->own_kernel ? kernel_find(ms->kernels, hash, &ret->kernel, err)
			       : kernel_ensure(ms->kernels, &ret->kernel, err);
}

/* Plans when the guest drops its cache.  Settings that cannot be read now are told of elsewhere:
 * the defaults count. */
static void plan_reclaim(const struct machines *ms, struct machine_plan *p)
{
	cleanup_settings struct settings *s = NULL;

	if (!ms->settings || settings_file_get(ms->settings, &s, NULL) < 0)
		s = settings_default();
	p->reclaim_pressure = s && s->reclaim_pressure;
	p->reclaim_idle_sec = s ? s->reclaim_idle_sec : 0;
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

int machine_plan(struct machines *ms, const json_t *host, const struct machine_means *with,
		 struct machine_plan *ret, struct err *err)
{
	cleanup(machine_plan_reset) struct machine_plan p = { .engine = with->engine,
							      .has_tap = with->has_tap,
							      .disk_bytes = DISK_BYTES };
	int r = machine_size(host, ms->host_cpus, &p.cpus, &p.memory_bytes, err);

	if (r == 0)
		r = is_cold(host, &p.cold, err);
	if (r == 0)
		r = machine_layer_bytes(host, &p.layer_bytes, err);
	if (r == 0)
		r = log_config_read(host, &p.log, err);
	if (r == 0)
		r = read_cpuset(host, &p.cpuset, err);
	if (r == 0)
		r = find_kernel(ms, host, &p, err);
	if (r < 0)
		return r;
	plan_reclaim(ms, &p);
	*ret = p;
	p.kernel = (struct kernel_paths){ 0 };
	p.cpuset = NULL;
	return 0;
}

int machine_template_key(const struct machine_plan *plan, char ret[TEMPLATE_KEY_LEN + 1],
			 struct err *err)
{
	struct machine machine = { .cpus = plan->cpus, .memory_bytes = plan->memory_bytes };
	cleanup_free char *identity = NULL, *text = NULL;
	int r;

	if (!(plan->engine->features & ENGINE_SNAPSHOT))
		return err_set(err, -EOPNOTSUPP, "engine %s knows no templates",
			       plan->engine->name);
	machine_add_devices(&machine, ROOT_DISK_BYTES, plan->disk_bytes);
	machine.nics[0].tap_fd = plan->has_tap ? 0 : -1; /* only its presence counts */
	r = plan->engine->identity(&machine, &identity, err);
	if (r < 0)
		return r;
	text = str_printf("%d\n%s\n%s\n%s\n%u %llu\n%llu %llu\n%s", TEMPLATE_FORMAT, MOAT_VERSION,
			  plan->kernel.hash, plan->engine->name, plan->cpus,
			  (unsigned long long)plan->memory_bytes,
			  (unsigned long long)ROOT_DISK_BYTES, (unsigned long long)plan->disk_bytes,
			  identity);
	if (!text)
		return err_nomem(err);
	r = hash_bytes(text, strlen(text), ret);
	return r < 0 ? err_errno(err, r, "a template's key") : 0;
}

int machine_write(const struct machine_plan *p, const char *tap, int dir_fd, struct err *err)
{
	struct machine_spec machine = {
		.engine = p->engine->name,
		.kernel = p->kernel.kernel,
		.initrd = p->kernel.initrd,
		.acpi = p->kernel.acpi,
		.cpus = (int)p->cpus,
		.memory_bytes = p->memory_bytes,
		.disk_bytes = p->disk_bytes,
		.cpuset = p->cpuset,
		.reclaim_pressure = p->reclaim_pressure,
		.reclaim_idle_sec = p->reclaim_idle_sec,
	};

	snprintf(machine.tap, sizeof(machine.tap), "%s", tap);
	return machine_spec_write(dir_fd, &machine, err);
}

int machine_running(int dir_fd, unsigned *ret_cpus, uint64_t *ret_memory_bytes, struct err *err)
{
	cleanup(machine_spec_reset) struct machine_spec m = { 0 };
	uint64_t memory_bytes;
	int r = machine_spec_load(dir_fd, &m, err);

	if (r < 0)
		return r;
	memory_bytes = memory_for_container(m.memory_bytes);
	if (memory_bytes == 0)
		return err_set(err, -EBADMSG, MACHINE_FILE " is damaged");
	*ret_cpus = (unsigned)m.cpus;
	*ret_memory_bytes = memory_bytes;
	return 0;
}
