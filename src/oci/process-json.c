/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/process-json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-object.h"
#include "base/str.h"
#include "oci/capability.h"

/*
 * Theory of operation: the "process" object of the runtime-spec (config.md "Process") to and from
 * struct oci_process.  Two things the spec has no words for travel in it: the user as docker
 * writes it (process.user.username; numbers are the fallback), and whether stdin is open
 * ("dev.moat.openStdin").
 *
 * moatd writes it for moat-shim; later also podman and containerd, on behalf of their user.
 */

#define OPEN_STDIN "dev.moat.openStdin"

#define RLIMITS_MAX 64

static int read_user(const json_t *obj, struct oci_process *p, struct err *err)
{
	int64_t uid = 0, gid = 0;
	const char *name;
	json_t *user;
	int r = json_get_object(obj, "user", &user, err);

	if (r < 0 || !user)
		return r;
	r = json_get_str(user, "username", &name, err);
	if (r == 0)
		r = json_get_i64(user, "uid", &uid, err);
	if (r == 0)
		r = json_get_i64(user, "gid", &gid, err);
	if (r < 0)
		return r;
	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return err_set(err, -EBADMSG, "\"uid\" and \"gid\" must fit in 32 bits");
	p->user = name ? strdup(name) : str_printf("%u:%u", (unsigned)uid, (unsigned)gid);
	return p->user ? 0 : err_nomem(err);
}

static int read_terminal(const json_t *obj, struct oci_process *p, struct err *err)
{
	int64_t rows = 0, cols = 0;
	json_t *size;
	int r = json_get_bool(obj, "terminal", &p->terminal, err);

	if (r == 0)
		r = json_get_bool(obj, OPEN_STDIN, &p->open_stdin, err);
	if (r == 0)
		r = json_get_object(obj, "consoleSize", &size, err);
	if (r < 0 || !size)
		return r;
	r = json_get_i64(size, "height", &rows, err);
	if (r == 0)
		r = json_get_i64(size, "width", &cols, err);
	if (r < 0)
		return r;
	if (rows < 0 || rows > UINT16_MAX || cols < 0 || cols > UINT16_MAX)
		return err_set(err, -EBADMSG, "\"consoleSize\" must fit in 16 bits");
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)cols;
	return 0;
}

/* The spec's limits are unsigned 64-bit numbers, and jansson's are signed: RLIM_INFINITY is
 * written as -1, which has the same bits. */
static int read_rlimit(const json_t *obj, struct oci_rlimit *ret, struct err *err)
{
	int64_t soft = 0, hard = 0;
	const char *type;
	int r = json_get_str(obj, "type", &type, err);

	if (r == 0)
		r = json_get_i64(obj, "soft", &soft, err);
	if (r == 0)
		r = json_get_i64(obj, "hard", &hard, err);
	if (r < 0)
		return r;
	if (!type || !str_starts(type, "RLIMIT_"))
		return err_set(err, -EBADMSG,
			       "an rlimit needs a \"type\" that begins with RLIMIT_");
	ret->type = strdup(type);
	ret->soft = (uint64_t)soft;
	ret->hard = (uint64_t)hard;
	return ret->type ? 0 : err_nomem(err);
}

static int read_rlimits(const json_t *obj, struct oci_process *p, struct err *err)
{
	json_t *array;
	size_t n;
	int r = json_get_array(obj, "rlimits", &array, err);

	if (r < 0 || !array)
		return r;
	n = json_array_size(array);
	if (n > RLIMITS_MAX)
		return err_set(err, -EBADMSG, "more than %d rlimits", RLIMITS_MAX);
	p->rlimits = calloc(n + 1, sizeof(*p->rlimits));
	if (!p->rlimits)
		return err_nomem(err);
	while (r == 0 && p->n_rlimits < n) {
		r = read_rlimit(json_array_get(array, p->n_rlimits), &p->rlimits[p->n_rlimits],
				err);
		p->n_rlimits++;
	}
	return r;
}

static int read_rights(const json_t *obj, struct oci_process *p, struct err *err)
{
	json_t *caps, *bounding;
	int r = json_get_bool(obj, "noNewPrivileges", &p->no_new_privileges, err);

	if (r == 0)
		r = json_get_object(obj, "capabilities", &caps, err);
	if (r == 0)
		r = json_get_array(caps, "bounding", &bounding, err);
	if (r == 0)
		r = oci_capabilities_read(bounding, &p->capabilities, err);
	return r == 0 ? read_rlimits(obj, p, err) : r;
}

static int read_command(const json_t *obj, struct oci_process *p, struct err *err)
{
	const char *cwd;
	int r = json_get_strv(obj, "args", &p->args, err);

	if (r == 0)
		r = json_get_strv(obj, "env", &p->env, err);
	if (r == 0)
		r = json_get_str(obj, "cwd", &cwd, err);
	if (r < 0)
		return r;
	if (strv_len(p->args) == 0)
		return err_set(err, -EBADMSG, "\"args\" is empty: there is no command to run");
	if (!cwd || *cwd != '/')
		return err_set(err, -EBADMSG, "\"cwd\" must be an absolute path");
	p->cwd = strdup(cwd);
	return p->cwd ? 0 : err_nomem(err);
}

int oci_process_read(const json_t *obj, struct oci_process **ret, struct err *err)
{
	cleanup_oci_process struct oci_process *p = calloc(1, sizeof(*p));
	struct err why;
	int r;

	if (!p)
		return err_nomem(err);
	if (!json_is_object(obj))
		return err_set(err, -EBADMSG, "process must be an object");
	r = read_command(obj, p, &why);
	if (r == 0)
		r = read_terminal(obj, p, &why);
	if (r == 0)
		r = read_user(obj, p, &why);
	if (r == 0)
		r = read_rights(obj, p, &why);
	if (r < 0)
		return err_set(err, r, "process: %s", why.msg);
	*ret = take_ptr(p);
	return 0;
}

static json_t *write_rlimits(const struct oci_process *p)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < p->n_rlimits; i++) {
		const struct oci_rlimit *l = &p->rlimits[i];
		json_t *one = json_pack("{s:s, s:I, s:I}", "type", l->type, "hard",
					(json_int_t)l->hard, "soft", (json_int_t)l->soft);

		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *write_capabilities(uint64_t mask)
{
	return json_pack("{s:o, s:o, s:o}", "bounding", oci_capabilities_write(mask), "effective",
			 oci_capabilities_write(mask), "permitted", oci_capabilities_write(mask));
}

json_t *oci_process_write(const struct oci_process *p)
{
	return JSON_OBJECT(
		member_bool("terminal", p->terminal), member_bool(OPEN_STDIN, p->open_stdin),
		member_json("consoleSize", JSON_OBJECT(member_int("height", p->rows),
						       member_int("width", p->cols))),
		member_json("user", JSON_OBJECT(member_int("uid", 0), member_int("gid", 0),
						member_text("username", p->user ? p->user : ""))),
		member_json("args", json_from_strv(p->args)),
		member_json("env", json_from_strv(p->env)), member_text("cwd", p->cwd),
		member_json("capabilities", write_capabilities(p->capabilities)),
		member_json("rlimits", write_rlimits(p)),
		member_bool("noNewPrivileges", p->no_new_privileges));
}
