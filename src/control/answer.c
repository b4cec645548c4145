/* SPDX-License-Identifier: Apache-2.0 */
#include "control/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "control/request.h"

/* Texts may become twice as long when they are escaped: the rest of the packet is left for that. */
#define PROCS_BUDGET (CONTROL_PACKET_MAX - 4096)

#define STAT(name) FIELD(link_stats, name, FIELD_U64)

static const struct field stats_fields[] = {
	STAT(cpu_usec),
	STAT(cpu_user_usec),
	STAT(cpu_system_usec),
	STAT(memory_bytes),
	STAT(memory_limit_bytes),
	STAT(memory_cache_bytes),
	STAT(pids),
	STAT(pids_limit),
	STAT(read_bytes),
	STAT(write_bytes),
	STAT(memory_file_bytes),
	STAT(periods),
	STAT(throttled_periods),
	STAT(throttled_usec),
};

static const struct field log_fields[] = {
	FIELD(answer_log, number, FIELD_U64),
	FIELD(answer_log, offset, FIELD_U64),
};

static const struct field proc_fields[] = {
	FIELD(link_proc, pid, FIELD_U32, .max = UINT32_MAX),
	FIELD(link_proc, ppid, FIELD_U32, .max = UINT32_MAX),
	FIELD(link_proc, uid, FIELD_U32, .max = UINT32_MAX),
	FIELD(link_proc, age_usec, FIELD_U64),
	FIELD(link_proc, cpu_usec, FIELD_U64),
	FIELD(link_proc, virtual_bytes, FIELD_U64),
	FIELD(link_proc, resident_bytes, FIELD_U64),
	FIELD(link_proc, memory_permille, FIELD_U32, .max = UINT32_MAX),
	FIELD(link_proc, state, FIELD_LINE, .max = LINK_STATE_MAX),
	FIELD(link_proc, name, FIELD_LINE, .max = LINK_NAME_MAX),
	FIELD(link_proc, command, FIELD_LINE, .max = LINK_COMMAND_MAX),
};

static char *take_text(json_t *obj)
{
	cleanup_json json_t *owned = obj;

	return owned ? json_write(owned) : NULL;
}

char *answer_write(const struct err *err)
{
	if (!err)
		return take_text(json_pack("{s:b}", "ok", 1));
	return take_text(
		json_pack("{s:b, s:i, s:s}", "ok", 0, "errno", -err->code, "error", err->msg));
}

int answer_read(const char *text, size_t len, json_t **ret, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	const char *message = NULL;
	int64_t code = EIO;
	bool ok = true;
	int r = json_read(text, len, "moat-shim's answer", &answer, err);

	if (r == 0)
		r = json_get_bool(answer, "ok", &ok, err);
	if (r == 0)
		r = json_get_i64(answer, "errno", &code, err);
	if (r == 0)
		r = json_get_str(answer, "error", &message, err);
	if (r < 0)
		return r;
	if (!ok)
		return err_set(err, code > 0 && code < 4096 ? -(int)code : -EIO, "%s",
			       message ? message : "moat-shim gave no reason");
	if (ret)
		*ret = take_ptr(answer);
	return 0;
}

char *answer_log_write(const struct answer_log *place)
{
	json_t *log = json_object();

	if (!log || fields_put(log, log_fields, ARRAY_SIZE(log_fields), place) < 0) {
		json_decref(log);
		return NULL;
	}
	return take_text(json_pack("{s:b, s:o}", "ok", 1, "log", log));
}

int answer_log_read(const json_t *answer, struct answer_log *ret, struct err *err)
{
	json_t *log;
	int r = json_get_object(answer, "log", &log, err);

	return r < 0 ? r : fields_get(log, log_fields, ARRAY_SIZE(log_fields), ret, err);
}

static const struct field tap_fields[] = {
	FIELD(machine_spec, tap, FIELD_NAME, .max = CONTROL_TAP_MAX),
};

char *answer_tap_write(const char *name)
{
	return take_text(json_pack("{s:b, s:s}", "ok", 1, "tap", name));
}

int answer_tap_read(const json_t *answer, char ret[CONTROL_TAP_MAX + 1], struct err *err)
{
	struct machine_spec spec = { 0 };
	int r = fields_get(answer, tap_fields, ARRAY_SIZE(tap_fields), &spec, err);

	if (r == 0 && !*spec.tap)
		r = err_set(err, -EBADMSG, "\"tap\" is missing");
	if (r == 0)
		memcpy(ret, spec.tap, sizeof(spec.tap));
	return r;
}

char *answer_stats_write(const struct link_stats *stats)
{
	cleanup_json json_t *obj = json_pack("{s:b}", "ok", 1);

	if (!obj || fields_put(obj, stats_fields, ARRAY_SIZE(stats_fields), stats) < 0)
		return NULL;
	return json_write(obj);
}

int answer_stats_read(const json_t *answer, struct link_stats *ret, struct err *err)
{
	return fields_get(answer, stats_fields, ARRAY_SIZE(stats_fields), ret, err);
}

char *answer_procs_write(const struct link_proc *procs, size_t n)
{
	cleanup_json json_t *list = json_array();
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *item;

		used += 2 * strlen(procs[i].command) + 256;
		if (used > PROCS_BUDGET)
			break;
		item = json_object();
		if (json_array_append_new(list, item) < 0 ||
		    fields_put(item, proc_fields, ARRAY_SIZE(proc_fields), &procs[i]) < 0)
			return NULL;
	}
	return take_text(json_pack("{s:b, s:O}", "ok", 1, "processes", list));
}

int answer_procs_read(const json_t *answer, struct link_proc **ret, size_t *ret_n, struct err *err)
{
	cleanup_free struct link_proc *procs = NULL;
	json_t *list, *item;
	size_t i;
	int r = json_get_array(answer, "processes", &list, err);

	if (r < 0)
		return r;
	procs = calloc(json_array_size(list) + 1, sizeof(*procs));
	if (!procs)
		return err_nomem(err);
	json_array_foreach (list, i, item) {
		r = fields_get(item, proc_fields, ARRAY_SIZE(proc_fields), &procs[i], err);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(procs);
	*ret_n = json_array_size(list);
	return 0;
}
