/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The limits of a running container are files of a cgroup in its guest: what
 * differs between its old and its new runtime-spec is sent there, all of it or nothing being
 * the shim's and the guest's to say.  The machine itself keeps its size, so no limit can pass that;
 * what a limit of memory leaves of it goes into a balloon, and so back to the host: last where the
 * limit falls, as the guest has to let go of the memory first, and at first where it rises.
 */
#include "daemon/container/update-live.h"

#include <errno.h>
#include <fcntl.h>

#include "base/str.h"
#include "control/client.h"
#include "daemon/machine/plan.h"

static int add_number(char ***settings, const char *file, int64_t old, int64_t new)
{
	if (old == new)
		return 0;
	if (new == 0)
		return strv_addf(settings, "%s=max", file);
	return strv_addf(settings, "%s=%lld", file, (long long)new);
}

static int add_cpu(char ***settings, const struct oci_runtime *old, const struct oci_runtime *new)
{
	if (old->cpu_quota_usec == new->cpu_quota_usec &&
	    old->cpu_period_usec == new->cpu_period_usec)
		return 0;
	if (new->cpu_quota_usec == 0)
		return strv_addf(settings, "cpu.max=max %llu",
				 (unsigned long long)new->cpu_period_usec);
	return strv_addf(settings, "cpu.max=%lld %llu", (long long)new->cpu_quota_usec,
			 (unsigned long long)new->cpu_period_usec);
}

int update_settings(const struct oci_runtime *old, const struct oci_runtime *new, char ***ret)
{
	/* Memory comes first: no other limit can be refused by the guest. */
	int r = add_number(ret, "memory.max", old->memory_bytes, new->memory_bytes);

	if (r == 0)
		r = add_cpu(ret, old, new);
	if (r == 0)
		r = add_number(ret, "pids.max", old->pids_max, new->pids_max);
	for (char **s = new->options.cgroup; r == 0 && s &&*s; s++)
		if (!strv_has(old->options.cgroup, *s))
			r = strv_add(ret, *s);
	return r;
}

int update_check_size(const struct oci_runtime *rt, unsigned cpus, uint64_t memory_bytes,
		      struct err *err)
{
	if (rt->memory_bytes > 0 && (uint64_t)rt->memory_bytes > memory_bytes)
		return err_set(err, -EINVAL,
			       "the machine of the running container has %llu MiB of memory for "
			       "it, and a machine's size cannot change while it runs: stop the "
			       "container to give it more",
			       (unsigned long long)(memory_bytes >> 20));
	if (rt->cpu_quota_usec > 0 &&
	    (uint64_t)rt->cpu_quota_usec > cpus * (rt->cpu_period_usec ? rt->cpu_period_usec : 1))
		return err_set(err, -EINVAL,
			       "the machine of the running container has %u CPU%s, and a machine's "
			       "size cannot change while it runs: stop the container to give it "
			       "more",
			       cpus, cpus == 1 ? "" : "s");
	return 0;
}

/* @ret_room: memory in the machine for the container */
static int check_machine(const struct container *c, const struct oci_runtime *rt,
			 uint64_t *ret_room, struct err *err)
{
	cleanup_close int dir_fd =
		openat(c->table->dir_fd, c->machine_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned cpus;
	int r;

	if (dir_fd < 0)
		return err_errno(err, -errno, "containers/%s", c->rec.id);
	r = machine_running(dir_fd, &cpus, ret_room, err);
	return r == 0 ? update_check_size(rt, cpus, *ret_room, err) : r;
}

static int ask_shim(const struct container *c, const struct control_request *request,
		    struct err *err)
{
	const struct shim_call call = {
		.request = *request,
		.fd = -1,
		.timeout_msec = SHIM_TIMEOUT_MSEC,
	};
	int r = shim_call(container_shim(c), &call, NULL, err);

	return r < 0 ? err_wrap(err, "Cannot update container %s", c->rec.id) : 0;
}

/* An engine without a balloon keeps the memory that the guest does not use. */
static int set_balloon(const struct container *c, const struct oci_runtime *new, uint64_t room,
		       struct err *err)
{
	const struct control_request request = {
		.op = CONTROL_MEMORY,
		.bytes = machine_memory_left((uint64_t) new->memory_bytes, room),
	};
	int r = ask_shim(c, &request, err);

	return r == -EOPNOTSUPP ? 0 : r;
}

static int set_limits(const struct container *c, char **settings, struct err *err)
{
	const struct control_request request = { .op = CONTROL_LIMITS, .settings = settings };

	return strv_len(settings) > 0 ? ask_shim(c, &request, err) : 0;
}

int update_live(const struct container *c, const struct oci_runtime *old,
		const struct oci_runtime *new, const char *cpuset, struct err *err)
{
	bool rises = old->memory_bytes > 0 && new->memory_bytes > old->memory_bytes;
	bool falls = new->memory_bytes != old->memory_bytes && !rises;
	cleanup_strv char **settings = NULL;
	uint64_t room;
	int r = check_machine(c, new, &room, err);

	if (r == 0)
		r = update_settings(old, new, &settings);
	if (r == 0 && rises)
		r = set_balloon(c, new, room, err);
	if (r == 0)
		r = set_limits(c, settings, err);
	if (r == 0 && falls)
		r = set_balloon(c, new, room, err);
	if (r == 0 && cpuset)
		r = ask_shim(c, &(struct control_request){ .op = CONTROL_CPUS, .cpuset = cpuset },
			     err);
	return r;
}
