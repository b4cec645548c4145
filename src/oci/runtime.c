/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-object.h"
#include "base/str.h"
#include "oci/options-json.h"
#include "oci/process-json.h"

/*
 * Theory of operation: config.json (runtime-spec config.md) read into a structure and written
 * from one.  Unknown members are left alone, as the spec asks; members that moat acts on must
 * have the right type.
 *
 * moatd writes it for moat-shim; later also podman and containerd, on behalf of their user.
 */

#define CONFIG_MAX_BYTES (4u << 20)

void oci_runtime_free(struct oci_runtime *rt)
{
	if (!rt)
		return;
	oci_process_free(rt->process);
	free(rt->hostname);
	free(rt->rootfs_path);
	strv_free(rt->masked_paths);
	strv_free(rt->readonly_paths);
	oci_options_reset(&rt->options);
	json_decref(rt->seccomp);
	free(rt);
}

static int read_root(const json_t *doc, struct oci_runtime *rt, struct err *err)
{
	const char *path, *hostname;
	json_t *root;
	int r = json_get_object(doc, "root", &root, err);

	if (r == 0)
		r = json_get_str(doc, "hostname", &hostname, err);
	if (r == 0)
		r = json_get_str(root, "path", &path, err);
	if (r == 0)
		r = json_get_bool(root, "readonly", &rt->rootfs_readonly, err);
	if (r < 0)
		return r;
	if (!path)
		return err_set(err, -EBADMSG, "\"root\" must have a \"path\"");
	rt->rootfs_path = strdup(path);
	if (hostname)
		rt->hostname = strdup(hostname);
	return rt->rootfs_path && (!hostname || rt->hostname) ? 0 : err_nomem(err);
}

static int read_resources(const json_t *linux_obj, struct oci_runtime *rt, struct err *err)
{
	json_t *resources, *memory, *cpu, *pids;
	int64_t period = 0;
	int r = json_get_object(linux_obj, "resources", &resources, err);

	if (r == 0)
		r = json_get_object(resources, "memory", &memory, err);
	if (r == 0)
		r = json_get_object(resources, "cpu", &cpu, err);
	if (r == 0)
		r = json_get_object(resources, "pids", &pids, err);
	if (r == 0)
		r = json_get_i64(memory, "limit", &rt->memory_bytes, err);
	if (r == 0)
		r = json_get_i64(cpu, "quota", &rt->cpu_quota_usec, err);
	if (r == 0)
		r = json_get_i64(cpu, "period", &period, err);
	if (r == 0)
		r = json_get_i64(pids, "limit", &rt->pids_max, err);
	if (r < 0)
		return r;
	if (period < 0)
		return err_set(err, -EBADMSG, "\"period\" must not be negative");
	rt->cpu_period_usec = (uint64_t)period;
	return 0;
}

static int read_linux(const json_t *doc, struct oci_runtime *rt, struct err *err)
{
	json_t *linux_obj;
	int r = json_get_object(doc, "linux", &linux_obj, err);

	if (r < 0 || !linux_obj)
		return r;
	r = json_get_strv(linux_obj, "maskedPaths", &rt->masked_paths, err);
	if (r == 0)
		r = json_get_strv(linux_obj, "readonlyPaths", &rt->readonly_paths, err);
	if (r == 0)
		r = json_get_object(linux_obj, "seccomp", &rt->seccomp, err);
	json_incref(rt->seccomp);
	return r == 0 ? read_resources(linux_obj, rt, err) : r;
}

static int read_document(const json_t *doc, struct oci_runtime *rt, struct err *err)
{
	const char *version;
	json_t *process;
	int r = json_get_str(doc, "ociVersion", &version, err);

	if (r < 0)
		return r;
	if (!version || !str_starts(version, "1."))
		return err_set(err, -EBADMSG, "\"ociVersion\" must be 1.x");
	r = json_get_object(doc, "process", &process, err);
	if (r == 0 && !process)
		return err_set(err, -EBADMSG, "\"process\" is missing");
	if (r == 0)
		r = oci_process_read(process, &rt->process, err);
	if (r == 0)
		r = read_root(doc, rt, err);
	if (r == 0)
		r = oci_options_read(doc, &rt->options, err);
	return r == 0 ? read_linux(doc, rt, err) : r;
}

int oci_runtime_parse(const char *text, size_t len, struct oci_runtime **ret, struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = calloc(1, sizeof(*rt));
	cleanup_json json_t *doc = NULL;
	struct err why;
	int r;

	if (!rt)
		return err_nomem(err);
	if (len > CONFIG_MAX_BYTES)
		return err_set(err, -EBADMSG, "config.json is larger than %u bytes",
			       CONFIG_MAX_BYTES);
	r = json_read(text, len, "config.json", &doc, err);
	if (r < 0)
		return r;
	r = json_is_object(doc) ? read_document(doc, rt, &why)
				: err_set(&why, -EBADMSG, "it must be a JSON object");
	if (r < 0)
		return err_set(err, r, "config.json: %s", r == -ENOMEM ? "out of memory" : why.msg);
	*ret = take_ptr(rt);
	return 0;
}

static json_t *write_resources(const struct oci_runtime *rt)
{
	cleanup_json json_t *resources = json_object();
	int r = resources ? 0 : -1;

	if (r == 0 && rt->memory_bytes)
		r = json_object_set_new(resources, "memory",
					json_pack("{s:I}", "limit", (json_int_t)rt->memory_bytes));
	if (r == 0 && rt->cpu_quota_usec)
		r = json_object_set_new(resources, "cpu",
					json_pack("{s:I, s:I}", "quota",
						  (json_int_t)rt->cpu_quota_usec, "period",
						  (json_int_t)rt->cpu_period_usec));
	if (r == 0 && rt->pids_max)
		r = json_object_set_new(resources, "pids",
					json_pack("{s:I}", "limit", (json_int_t)rt->pids_max));
	return r == 0 ? take_ptr(resources) : NULL;
}

static json_t *write_linux(const struct oci_runtime *rt)
{
	return JSON_OBJECT(member_json("maskedPaths", json_from_strv(rt->masked_paths)),
			   member_json("readonlyPaths", json_from_strv(rt->readonly_paths)),
			   member_json("resources", write_resources(rt)),
			   member_optional("seccomp", json_incref(rt->seccomp)));
}

char *oci_runtime_write(const struct oci_runtime *rt)
{
	cleanup_json json_t *doc = JSON_OBJECT(
		member_text("ociVersion", OCI_RUNTIME_VERSION),
		member_json("process", oci_process_write(rt->process)),
		member_json("root", JSON_OBJECT(member_text("path", rt->rootfs_path),
						member_bool("readonly", rt->rootfs_readonly))),
		member_optional("hostname", rt->hostname ? json_string(rt->hostname) : NULL),
		member_json("linux", write_linux(rt)));

	return doc && oci_options_write(&rt->options, doc) == 0 ? json_write(doc) : NULL;
}
