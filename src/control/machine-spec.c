/* SPDX-License-Identifier: Apache-2.0 */
#include "control/machine-spec.h"

#include <errno.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/fd.h"
#include "base/fields.h"
#include "control/names.h"

#define FILE_MAX_BYTES	 KIB(64)
#define CPUS_MAX	 256
#define MEMORY_MIN_BYTES MIB(32)

static const struct field fields[] = {
	FIELD(machine_spec, engine, FIELD_TEXT),
	FIELD(machine_spec, cpus, FIELD_INT, .min = 1, .max = CPUS_MAX),
	FIELD(machine_spec, memory_bytes, FIELD_U64, .min = MEMORY_MIN_BYTES),
	FIELD(machine_spec, kernel, FIELD_TEXT),
	FIELD(machine_spec, initrd, FIELD_TEXT),
	FIELD(machine_spec, acpi, FIELD_BOOL),
	FIELD(machine_spec, disk_bytes, FIELD_U64),
	FIELD(machine_spec, cpuset, FIELD_TEXT),
	FIELD(machine_spec, tap, FIELD_NAME, .max = CONTROL_TAP_MAX),
	FIELD(machine_spec, reclaim_pressure, FIELD_BOOL),
	FIELD(machine_spec, reclaim_idle_sec, FIELD_U64),
};

static char *spec_text(const struct machine_spec *spec)
{
	cleanup_json json_t *obj = json_object();

	if (!obj || fields_put(obj, fields, ARRAY_SIZE(fields), spec) < 0)
		return NULL;
	return json_write(obj);
}

int machine_spec_write(int dir_fd, const struct machine_spec *spec, struct err *err)
{
	cleanup_free char *text = spec_text(spec);
	int r = text ? file_overwrite(dir_fd, MACHINE_FILE, text, strlen(text), 0600) : -ENOMEM;

	return r < 0 ? err_errno(err, r, MACHINE_FILE) : 0;
}

static int check_text(const char *key, const char *value, bool is_path, struct err *err)
{
	if (!value || !*value)
		return err_set(err, -EBADMSG, "\"%s\" is missing", key);
	if (is_path && *value != '/')
		return err_set(err, -EBADMSG, "\"%s\" must be an absolute path", key);
	return 0;
}

static int check_spec(struct machine_spec *spec, struct err *err)
{
	cpu_set_t set;
	int r = check_text("engine", spec->engine, false, err);

	if (r == 0)
		r = check_text("kernel", spec->kernel, true, err);
	if (r == 0)
		r = check_text("initrd", spec->initrd, true, err);
	if (spec->cpuset && !*spec->cpuset)
		spec->cpuset = NULL;
	if (r == 0 && spec->cpuset && cpuset_parse(spec->cpuset, &set) < 0)
		r = err_set(err, -EBADMSG, "\"cpuset\" must be a list of processors");
	return r;
}

int machine_spec_load(int dir_fd, struct machine_spec *ret, struct err *err)
{
	cleanup(machine_spec_reset) struct machine_spec spec = { 0 };
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = file_read_at(dir_fd, MACHINE_FILE, FILE_MAX_BYTES, &text);

	if (r < 0)
		return err_errno(err, r, MACHINE_FILE);
	r = json_read(text.data ? text.data : "", text.len, MACHINE_FILE, &spec.document, err);
	if (r < 0)
		return r;
	r = fields_get(spec.document, fields, ARRAY_SIZE(fields), &spec, err);
	if (r == 0)
		r = check_spec(&spec, err);
	if (r < 0)
		return err_wrap(err, MACHINE_FILE);
	*ret = spec;
	spec.document = NULL;
	return 0;
}

void machine_spec_reset(struct machine_spec *spec)
{
	json_decref(spec->document);
	*spec = (struct machine_spec){ 0 };
}
