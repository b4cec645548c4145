/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/config.h"

#include <errno.h>

#include "base/cpuset.h"
#include "base/fd.h"
#include "base/str.h"
#include "seccomp/profile.h"

#define FILE_MAX_BYTES	 MIB(4)
#define CPUS_MAX	 256
#define MEMORY_MIN_BYTES MIB(32)

void config_free(struct shim_config *c)
{
	if (!c)
		return;
	oci_runtime_free(c->runtime);
	free(c->engine);
	free(c->kernel);
	free(c->initrd);
	free(c->cpuset);
	free(c);
}

static int read_file(int dir_fd, const char *name, struct buf *b, struct err *err)
{
	int r = file_read_at(dir_fd, name, FILE_MAX_BYTES, b);

	return r < 0 ? err_errno(err, r, "%s", name) : 0;
}

static int load_runtime(int dir_fd, struct shim_config *c, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = read_file(dir_fd, CONFIG_FILE, &text, err);

	if (r < 0)
		return r;
	r = oci_runtime_parse(text.data, text.len, &c->runtime, err);
	if (r == 0 && c->runtime->seccomp)
		r = profile_compile(c->runtime->seccomp, &c->runtime->options.seccomp, err);
	return r < 0 ? err_wrap(err, CONFIG_FILE) : 0;
}

static int get_text(const json_t *obj, const char *key, bool is_path, char **ret, struct err *err)
{
	const char *value;
	int r = json_get_str(obj, key, &value, err);

	if (r < 0)
		return r;
	if (!value || !*value)
		return err_set(err, -EBADMSG, "\"%s\" is missing", key);
	if (is_path && *value != '/')
		return err_set(err, -EBADMSG, "\"%s\" must be an absolute path", key);
	*ret = strdup(value);
	return *ret ? 0 : err_errno(err, -ENOMEM, "%s", key);
}

static int get_number(const json_t *obj, const char *key, uint64_t min, uint64_t *ret,
		      struct err *err)
{
	int64_t value = 0;
	int r = json_get_i64(obj, key, &value, err);

	if (r < 0)
		return r;
	if (value < 0 || (uint64_t)value < min)
		return err_set(err, -EBADMSG, "\"%s\" must be at least %llu", key,
			       (unsigned long long)min);
	*ret = (uint64_t)value;
	return 0;
}

/* Where nothing is said, one file takes all. */
static int read_log(const json_t *obj, struct crilog_limits *ret, struct err *err)
{
	struct crilog_limits limits = { .max_files = 1 };
	json_t *log;
	int r = json_get_object(obj, "log", &log, err);

	if (r == 0 && log)
		r = get_number(log, "max_bytes", 0, &limits.max_bytes, err);
	if (r == 0 && log)
		r = get_number(log, "max_files", 0, &limits.max_files, err);
	if (r == 0)
		*ret = limits;
	return r;
}

static int read_cpuset(const json_t *obj, struct shim_config *c, struct err *err)
{
	const char *text;
	cpu_set_t set;
	int r = json_get_str(obj, "cpuset", &text, err);

	if (r < 0 || !text || !*text)
		return r;
	if (cpuset_parse(text, &set) < 0)
		return err_set(err, -EBADMSG, "\"cpuset\" must be a list of processors");
	c->cpuset = strdup(text);
	return c->cpuset ? 0 : -ENOMEM;
}

static int read_machine(const json_t *obj, struct shim_config *c, struct err *err)
{
	uint64_t cpus;
	int r = get_text(obj, "engine", false, &c->engine, err);

	if (r == 0)
		r = get_text(obj, "kernel", true, &c->kernel, err);
	if (r == 0)
		r = get_text(obj, "initrd", true, &c->initrd, err);
	if (r == 0)
		r = json_get_bool(obj, "acpi", &c->acpi, err);
	if (r == 0)
		r = json_get_bool(obj, "disposable", &c->disposable, err);
	if (r == 0)
		r = json_get_bool(obj, "files_only", &c->files_only, err);
	if (r == 0)
		r = get_number(obj, "cpus", 1, &cpus, err);
	if (r == 0)
		r = get_number(obj, "memory_bytes", MEMORY_MIN_BYTES, &c->memory_bytes, err);
	if (r == 0)
		r = get_number(obj, "disk_bytes", 0, &c->disk_bytes, err);
	if (r == 0)
		r = read_log(obj, &c->log, err);
	if (r == 0)
		r = read_cpuset(obj, c, err);
	if (r < 0)
		return r;
	if (cpus > CPUS_MAX)
		return err_set(err, -EBADMSG, "\"cpus\" must be at most %d", CPUS_MAX);
	c->cpus = (unsigned)cpus;
	return 0;
}

static int load_machine(int dir_fd, struct shim_config *c, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_json json_t *obj = NULL;
	int r = read_file(dir_fd, MACHINE_FILE, &text, err);

	if (r == 0)
		r = json_read(text.data, text.len, MACHINE_FILE, &obj, err);
	if (r < 0)
		return r;
	r = read_machine(obj, c, err);
	return r < 0 ? err_wrap(err, MACHINE_FILE) : 0;
}

int config_load(int dir_fd, struct shim_config **ret, struct err *err)
{
	cleanup_config struct shim_config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(err, -ENOMEM, "read the container's configuration");
	r = load_runtime(dir_fd, c, err);
	if (r == 0)
		r = load_machine(dir_fd, c, err);
	if (r < 0)
		return r;
	/* Files are the same without; and one that cannot be set must not keep them from anybody.
	 */
	if (c->files_only)
		oci_options_reset(&c->runtime->options);
	*ret = take_ptr(c);
	return 0;
}

int config_load_machine(int dir_fd, struct shim_config **ret, struct err *err)
{
	cleanup_config struct shim_config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(err, -ENOMEM, "read the machine's configuration");
	r = load_machine(dir_fd, c, err);
	if (r == 0)
		*ret = take_ptr(c);
	return r;
}
