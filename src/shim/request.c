/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/request.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>

#include "base/cpuset.h"
#include "base/str.h"
#include "oci/runtime.h"

#define SETTINGS_MAX 32u

void request_reset(struct request *r)
{
	oci_process_free(r->process);
	strv_free(r->settings);
	free(r->cpuset);
	r->process = NULL;
	r->settings = NULL;
	r->cpuset = NULL;
	link_files_reset(&r->files);
}

static int get_target(const json_t *obj, struct request *ret, struct err *err)
{
	const char *target;
	int r = json_get_str(obj, "target", &target, err);

	if (r < 0 || !target)
		return r;
	if (strlen(target) > TARGET_MAX)
		return err_set(err, -EINVAL, "\"target\" is longer than %d characters", TARGET_MAX);
	for (const char *p = target; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_' && *p != '.')
			return err_set(err, -EINVAL,
				       "\"target\" may hold letters, digits, -_. only");
	memcpy(ret->target, target, strlen(target) + 1);
	return 0;
}

static int get_number(const json_t *obj, const char *key, int max, int *ret, struct err *err)
{
	int64_t value = -1;
	int r = json_get_i64(obj, key, &value, err);

	if (r < 0)
		return r;
	if (value < 0 || value > max)
		return err_set(err, -EINVAL, "\"%s\" must be from 0 to %d", key, max);
	*ret = (int)value;
	return 0;
}

static int read_attach(const json_t *obj, struct request *ret, struct err *err)
{
	static const char *const channels[] = { "stdin", "stdout", "stderr" };
	int r = 0;

	for (int i = 0; i < LINK_CHANNELS && r == 0; i++)
		r = json_get_bool(obj, channels[i], &ret->wants[i], err);
	return r < 0 ? r : json_get_bool(obj, "framed", &ret->framed, err);
}

static int read_exec(const json_t *obj, struct request *ret, struct err *err)
{
	json_t *process;
	int r = read_attach(obj, ret, err);

	if (r == 0)
		r = json_get_object(obj, "process", &process, err);
	if (r < 0)
		return r;
	if (!*ret->target)
		return err_set(err, -EINVAL, "\"target\" is missing");
	if (!process)
		return err_set(err, -EINVAL, "\"process\" is missing");
	return oci_process_read(process, &ret->process, err);
}

static int copy_text(const json_t *obj, const char *key, char **ret, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	*ret = strdup(text ? text : "");
	return *ret ? 0 : err_errno(err, -ENOMEM, "request");
}

static int read_files_flags(const json_t *obj, uint32_t *ret, struct err *err)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "sparse", LINK_FILES_SPARSE },
		{ "keep_folders", LINK_FILES_KEEP_FOLDERS },
		{ "freeze", LINK_FILES_FREEZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		bool on = false;
		int r = json_get_bool(obj, flags[i].name, &on, err);

		if (r < 0)
			return r;
		*ret |= on ? flags[i].flag : 0u;
	}
	return 0;
}

static int read_files(const json_t *obj, struct request *ret, struct err *err)
{
	const char *what;
	int r = json_get_str(obj, "what", &what, err);

	if (r == 0 && what)
		ret->files.op = (enum link_files_op)link_files_by_name(what);
	if (r == 0 && !ret->files.op)
		return err_set(err, -EINVAL, "\"what\" is missing or not known");
	if (r == 0 && !*ret->target)
		return err_set(err, -EINVAL, "\"target\" is missing");
	if (r == 0)
		r = copy_text(obj, "path", &ret->files.path, err);
	if (r == 0)
		r = copy_text(obj, "user", &ret->files.user, err);
	return r == 0 ? read_files_flags(obj, &ret->files.flags, err) : r;
}

static int read_signal(const json_t *obj, struct request *ret, struct err *err)
{
	int r = get_number(obj, "signal", SIGRTMAX, &ret->signal, err);

	if (r == 0 && ret->signal == 0)
		return err_set(err, -EINVAL, "\"signal\" must not be 0");
	return r;
}

/* Names of files, not paths, of the controllers there are. */
static bool is_setting(const char *text)
{
	static const char *const controllers[] = { "cpu.", "memory.", "pids." };
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz._");

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		if (str_starts(text, controllers[i]))
			return text[len] == '=' && strlen(text) < 256;
	return false;
}

static int read_limits(const json_t *obj, struct request *ret, struct err *err)
{
	int r = json_get_strv(obj, "settings", &ret->settings, err);

	if (r == 0 && (strv_len(ret->settings) == 0 || strv_len(ret->settings) > SETTINGS_MAX))
		return err_set(err, -EINVAL, "\"settings\" must be 1 to %u", SETTINGS_MAX);
	for (char **s = ret->settings; r == 0 && *s; s++)
		if (!is_setting(*s))
			r = err_set(err, -EINVAL, "\"settings\" has what is no limit");
	return r;
}

static int read_cpus(const json_t *obj, struct request *ret, struct err *err)
{
	const char *text;
	cpu_set_t set;
	int r = json_get_str(obj, "set", &text, err);

	if (r < 0)
		return r;
	if (!text || cpuset_parse(text, &set) < 0)
		return err_set(err, -EINVAL, "\"set\" must be a list of processors");
	ret->cpuset = strdup(text);
	return ret->cpuset ? 0 : -ENOMEM;
}

static int read_resize(const json_t *obj, struct request *ret, struct err *err)
{
	int rows = 0, columns = 0;
	int r = get_number(obj, "rows", UINT16_MAX, &rows, err);

	if (r == 0)
		r = get_number(obj, "columns", UINT16_MAX, &columns, err);
	if (r < 0)
		return r;
	ret->rows = (uint16_t)rows;
	ret->columns = (uint16_t)columns;
	return 0;
}

static const struct {
	const char *name;
	int (*read)(const json_t *obj, struct request *ret, struct err *err);
} operations[] = {
	[REQUEST_ATTACH] = { "attach", read_attach },
	[REQUEST_START] = { "start", NULL },
	[REQUEST_EXEC] = { "exec", read_exec },
	[REQUEST_FILES] = { "files", read_files },
	[REQUEST_SIGNAL] = { "signal", read_signal },
	[REQUEST_RESIZE] = { "resize", read_resize },
	[REQUEST_SHUTDOWN] = { "shutdown", NULL },
	[REQUEST_KILL] = { "kill", NULL },
	[REQUEST_KEEP] = { "keep", NULL },
	[REQUEST_PAUSE] = { "pause", NULL },
	[REQUEST_RESUME] = { "resume", NULL },
	[REQUEST_STATS] = { "stats", NULL },
	[REQUEST_TOP] = { "top", NULL },
	[REQUEST_LIMITS] = { "limits", read_limits },
	[REQUEST_CPUS] = { "cpus", read_cpus },
	[REQUEST_STATUS] = { "status", NULL },
	[REQUEST_WATCH] = { "watch", NULL },
};

static int find_operation(const json_t *obj, enum request_op *ret, struct err *err)
{
	const char *name;
	int r = json_get_str(obj, "op", &name, err);

	if (r < 0)
		return r;
	if (!name)
		return err_set(err, -EINVAL, "\"op\" is missing");
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (streq(operations[i].name, name)) {
			*ret = (enum request_op)i;
			return 0;
		}
	}
	return err_set(err, -EOPNOTSUPP, "the request is not known");
}

int request_parse(const char *text, size_t len, struct request *ret, struct err *err)
{
	cleanup(request_reset) struct request request = { 0 };
	cleanup_json json_t *obj = NULL;
	int r = json_read(text, len, "request", &obj, err);

	if (r < 0)
		return r;
	if (!json_is_object(obj))
		return err_set(err, -EBADMSG, "the request is not an object");
	r = find_operation(obj, &request.op, err);
	if (r == 0)
		r = get_target(obj, &request, err);
	if (r == 0 && operations[request.op].read)
		r = operations[request.op].read(obj, &request, err);
	if (r < 0)
		return r;
	*ret = request;
	request = (struct request){ 0 };
	return 0;
}
