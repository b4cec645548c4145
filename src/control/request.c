/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each operation has a table of its plain members, and a pair of functions
 * for those that are not.  Requests are written by moatd, and by tests that mean harm: whatever is
 * read is checked.
 */
#include "control/request.h"

#include <errno.h>
#include <signal.h>

#include "base/cpuset.h"
#include "base/fields.h"
#include "base/str.h"
#include "control/request-files.h"
#include "oci/network-json.h"
#include "oci/process-json.h"

#define SETTINGS_MAX 32u

#define TARGET FIELD(control_request, target, FIELD_NAME, .max = CONTROL_TARGET_MAX)
#define WANTS(name, channel)                                                                       \
	{                                                                                          \
		name, FIELD_BOOL, offsetof(struct control_request, wants[channel])                 \
	}

static const struct field container_fields[] = {
	FIELD(control_request, container, FIELD_NAME, .max = CONTROL_NAME_MAX),
};

static const struct field log_fields[] = {
	FIELD(log_limits, max_bytes, FIELD_U64),
	FIELD(log_limits, max_files, FIELD_U64),
};

static const struct field attach_fields[] = {
	TARGET,
	WANTS("stdin", LINK_STDIN),
	WANTS("stdout", LINK_STDOUT),
	WANTS("stderr", LINK_STDERR),
	FIELD(control_request, framed, FIELD_BOOL),
	FIELD(control_request, keeps_input, FIELD_BOOL),
	FIELD(control_request, detach_keys, FIELD_TEXT),
};

static const struct field files_fields[] = { TARGET };

static const struct field signal_fields[] = {
	TARGET,
	FIELD(control_request, signal, FIELD_INT, .min = 1, .max = 64),
};

static const struct field resize_fields[] = {
	TARGET,
	FIELD(control_request, rows, FIELD_U16, .max = UINT16_MAX, .needed = true),
	FIELD(control_request, columns, FIELD_U16, .max = UINT16_MAX, .needed = true),
};

static const struct field cpus_fields[] = {
	{ "set", FIELD_TEXT, offsetof(struct control_request, cpuset) },
};

static const struct field memory_fields[] = {
	FIELD(control_request, bytes, FIELD_U64, .min = 1, .needed = true),
};

static const struct field listen_fields[] = {
	FIELD(control_request, path, FIELD_TEXT),
};

static const struct field connect_fields[] = {
	FIELD(control_request, call, FIELD_U32, .min = 1, .max = UINT32_MAX),
};

void control_request_reset(struct control_request *rq)
{
	oci_process_free(rq->process);
	strv_free(rq->settings);
	oci_network_reset(&rq->network);
	strv_free(rq->hosts);
	link_files_reset(&rq->files);
	json_decref(rq->document);
	*rq = (struct control_request){ 0 };
}

static int read_own_network(const json_t *obj, struct control_request *ret, struct err *err)
{
	json_t *network;
	int r = json_get_object(obj, "network", &network, err);

	ret->has_network = r == 0 && network;
	return ret->has_network ? oci_network_read(network, &ret->network, err) : r;
}

static int write_own_network(json_t *obj, const struct control_request *rq)
{
	return json_object_set_new(obj, "network", oci_network_write(&rq->network));
}

static int read_add(const json_t *obj, struct control_request *ret, struct err *err)
{
	json_t *log;
	int r = json_get_object(obj, "log", &log, err);

	ret->keeps_log = r == 0 && log;
	if (r == 0)
		r = json_get_bool(obj, "secrets", &ret->has_secrets, err);
	if (r == 0 && ret->keeps_log)
		r = fields_get(log, log_fields, ARRAY_SIZE(log_fields), &ret->log, err);
	return r == 0 ? read_own_network(obj, ret, err) : r;
}

static int write_log(json_t *obj, const struct log_limits *limits)
{
	json_t *log = json_object();

	if (json_object_set_new(obj, "log", log) < 0)
		return -ENOMEM;
	return fields_put(log, log_fields, ARRAY_SIZE(log_fields), limits);
}

static int write_add(json_t *obj, const struct control_request *rq)
{
	int r = rq->keeps_log ? write_log(obj, &rq->log) : 0;

	if (r == 0 && rq->has_secrets && json_object_set_new(obj, "secrets", json_true()) < 0)
		return -ENOMEM;
	return r == 0 && rq->has_network ? write_own_network(obj, rq) : r;
}

static int read_network(const json_t *obj, struct control_request *ret, struct err *err)
{
	int r = read_own_network(obj, ret, err);

	if (r < 0)
		return r;
	if (!ret->has_network)
		return err_set(err, -EINVAL, "\"network\" is missing");
	return json_get_strv(obj, "hosts", &ret->hosts, err);
}

static int write_network(json_t *obj, const struct control_request *rq)
{
	if (strv_len(rq->hosts) > 0 &&
	    json_object_set_new(obj, "hosts", json_from_strv(rq->hosts)) < 0)
		return -ENOMEM;
	return write_own_network(obj, rq);
}

static int read_exec(const json_t *obj, struct control_request *ret, struct err *err)
{
	json_t *process;
	int r = json_get_object(obj, "process", &process, err);

	if (r < 0)
		return r;
	if (!process)
		return err_set(err, -EINVAL, "\"process\" is missing");
	return oci_process_read(process, &ret->process, err);
}

static int write_exec(json_t *obj, const struct control_request *rq)
{
	return json_object_set_new(obj, "process", oci_process_write(rq->process));
}

/* Is @text "FILE=VALUE", where FILE belongs to a controller of control groups and is no path? */
static bool is_setting(const char *text)
{
	static const char *const controllers[] = { "cpu.", "memory.", "pids." };
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz._");

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		if (str_starts(text, controllers[i]))
			return text[len] == '=' && strlen(text) < 256;
	return false;
}

static int read_limits(const json_t *obj, struct control_request *ret, struct err *err)
{
	int r = json_get_strv(obj, "settings", &ret->settings, err);

	if (r == 0 && (strv_len(ret->settings) == 0 || strv_len(ret->settings) > SETTINGS_MAX))
		return err_set(err, -EINVAL, "\"settings\" must be 1 to %u", SETTINGS_MAX);
	for (char **s = ret->settings; r == 0 && *s; s++)
		if (!is_setting(*s))
			r = err_set(err, -EINVAL, "\"settings\" has what is no limit");
	return r;
}

static int write_limits(json_t *obj, const struct control_request *rq)
{
	return json_object_set_new(obj, "settings", json_from_strv(rq->settings));
}

static int read_cpus(const json_t *obj, struct control_request *ret, struct err *err)
{
	cpu_set_t set;

	(void)obj;
	if (!ret->cpuset || cpuset_parse(ret->cpuset, &set) < 0)
		return err_set(err, -EINVAL, "\"set\" must be a list of processors");
	return 0;
}

static int read_listen(const json_t *obj, struct control_request *ret, struct err *err)
{
	(void)obj;
	return ret->path && *ret->path == '/' ? 0
					      : err_set(err, -EINVAL, "\"path\" must be absolute");
}

static const struct field network_fields[] = {
	FIELD(control_request, resolv_conf, FIELD_TEXT),
};

#define FIELDS(table) (table), ARRAY_SIZE(table)

static const struct operation {
	const char *name;
	const struct field *fields;
	size_t n_fields;
	int (*read)(const json_t *obj, struct control_request *ret, struct err *err);
	int (*write)(json_t *obj, const struct control_request *rq);
	bool needs_target;
} operations[] = {
	[CONTROL_ATTACH] = { "attach", FIELDS(attach_fields) },
	[CONTROL_START] = { "start" },
	[CONTROL_EXEC] = { "exec", FIELDS(attach_fields), read_exec, write_exec, true },
	[CONTROL_FILES] = { "files", FIELDS(files_fields), request_files_read, request_files_write,
			    true },
	[CONTROL_SIGNAL] = { "signal", FIELDS(signal_fields) },
	[CONTROL_RESIZE] = { "resize", FIELDS(resize_fields) },
	[CONTROL_SHUTDOWN] = { "shutdown" },
	[CONTROL_KILL] = { "kill" },
	[CONTROL_HOLD] = { "hold" },
	[CONTROL_REST] = { "rest" },
	[CONTROL_ADD] = { "add", .read = read_add, .write = write_add },
	[CONTROL_REMOVE] = { "remove" },
	[CONTROL_PAUSE] = { "pause" },
	[CONTROL_RESUME] = { "resume" },
	[CONTROL_STATS] = { "stats" },
	[CONTROL_TOP] = { "top" },
	[CONTROL_LIMITS] = { "limits", .read = read_limits, .write = write_limits },
	[CONTROL_NETWORK] = { "network", FIELDS(network_fields), read_network, write_network },
	[CONTROL_LISTEN] = { "listen", FIELDS(listen_fields), .read = read_listen },
	[CONTROL_CONNECT] = { "connect", FIELDS(connect_fields) },
	[CONTROL_TAP] = { "tap" },
	[CONTROL_CPUS] = { "cpus", FIELDS(cpus_fields), .read = read_cpus },
	[CONTROL_MEMORY] = { "memory", FIELDS(memory_fields) },
	[CONTROL_STATUS] = { "status" },
	[CONTROL_WATCH] = { "watch" },
};

static bool is_of_container(enum control_op op)
{
	return op >= CONTROL_ADD;
}

static int put_container(json_t *obj, const struct control_request *rq)
{
	return is_of_container(rq->op)
		       ? fields_put(obj, container_fields, ARRAY_SIZE(container_fields), rq)
		       : 0;
}

static int get_container(const json_t *obj, struct control_request *ret, struct err *err)
{
	int r;

	if (!is_of_container(ret->op))
		return 0;
	r = fields_get(obj, container_fields, ARRAY_SIZE(container_fields), ret, err);
	if (r == 0 && !*ret->container)
		return err_set(err, -EINVAL, "\"container\" is missing");
	return r;
}

char *control_request_write(const struct control_request *rq)
{
	const struct operation *op = &operations[rq->op];
	cleanup_json json_t *obj = json_pack("{s:s}", "op", op->name);

	if (!obj || put_container(obj, rq) < 0 ||
	    fields_put(obj, op->fields, op->n_fields, rq) < 0 ||
	    (op->write && op->write(obj, rq) < 0))
		return NULL;
	return json_write(obj);
}

static int find_operation(const json_t *obj, enum control_op *ret, struct err *err)
{
	const struct operation *op;
	const char *name;
	int r = json_get_str(obj, "op", &name, err);

	if (r < 0)
		return r;
	if (!name)
		return err_set(err, -EINVAL, "\"op\" is missing");
	op = STR_FIND(operations, name);
	if (!op)
		return err_set(err, -EOPNOTSUPP, "the request is not known");
	*ret = (enum control_op)(op - operations);
	return 0;
}

int control_request_read(const char *text, size_t len, struct control_request *ret, struct err *err)
{
	cleanup(control_request_reset) struct control_request rq = { 0 };
	const struct operation *op;
	int r = json_read(text, len, "request", &rq.document, err);

	if (r < 0)
		return r;
	if (!json_is_object(rq.document))
		return err_set(err, -EBADMSG, "the request is not an object");
	r = find_operation(rq.document, &rq.op, err);
	if (r < 0)
		return r;
	op = &operations[rq.op];
	r = get_container(rq.document, &rq, err);
	if (r == 0)
		r = fields_get(rq.document, op->fields, op->n_fields, &rq, err);
	if (r == 0 && op->needs_target && !*rq.target)
		r = err_set(err, -EINVAL, "\"target\" is missing");
	if (r == 0 && op->read)
		r = op->read(rq.document, &rq, err);
	if (r < 0)
		return r;
	*ret = take_struct(rq);
	return 0;
}
