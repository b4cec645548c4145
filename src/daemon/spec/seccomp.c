/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  docker's profiles are a runtime-spec's seccomp with conditions: rules for
 * some architectures, for containers with some capability, for kernels from some version on.  Rules
 * whose conditions do not hold are left out, and the rest is compiled once as a test.
 *
 * The profile comes from a client.
 */
#include "daemon/spec/seccomp.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "oci/capability.h"
#include "oci/platform.h"
#include "seccomp/profile.h"

/* The version of the kernel that moat builds and recommends, for rules that depend on one; a
 * user's own kernel is hardly older. */
#define KERNEL_MAJOR 6
#define KERNEL_MINOR 1

static bool has_capability(uint64_t set, const char *name)
{
	int n = oci_capability_parse(name);

	return n >= 0 && (set & UINT64_C(1) << n);
}

/* Does any, or do all, of the conditions of an "includes" or "excludes" hold? */
struct conditions {
	bool any, all;
};

static void count_condition(struct conditions *c, bool holds)
{
	c->any = c->any || holds;
	c->all = c->all && holds;
}

static int judge_conditions(const json_t *obj, uint64_t capabilities, struct conditions *ret,
			    struct err *err)
{
	cleanup_strv char **arches = NULL, **caps = NULL;
	struct platform host = platform_host();
	const char *kernel;
	int major = 0, minor = 0, r = json_get_strv(obj, "arches", &arches, err);

	*ret = (struct conditions){ .all = true };
	if (r == 0)
		r = json_get_strv(obj, "caps", &caps, err);
	if (r == 0)
		r = json_get_str(obj, "minKernel", &kernel, err);
	if (r < 0)
		return r;
	if (strv_len(arches) > 0)
		count_condition(ret, strv_has(arches, host.arch));
	for (char **c = caps; c && *c; c++)
		count_condition(ret, has_capability(capabilities, *c));
	if (!kernel || !*kernel)
		return 0;
	if (sscanf(kernel, "%d.%d", &major, &minor) != 2)
		return err_set(err, -EINVAL, "\"minKernel\" is \"%s\", which is no version",
			       kernel);
	count_condition(ret,
			major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor <= KERNEL_MINOR));
	return 0;
}

static int rule_applies(const json_t *rule, uint64_t capabilities, bool *ret, struct err *err)
{
	struct conditions in, out;
	json_t *includes, *excludes;
	int r = json_get_object(rule, "includes", &includes, err);

	if (r == 0)
		r = json_get_object(rule, "excludes", &excludes, err);
	if (r == 0)
		r = judge_conditions(includes, capabilities, &in, err);
	if (r == 0)
		r = judge_conditions(excludes, capabilities, &out, err);
	if (r == 0)
		*ret = in.all && !out.any;
	return r;
}

static int copy_members(const json_t *from, const char *const *keys, json_t *to)
{
	for (; *keys; keys++) {
		json_t *v = json_object_get(from, *keys);

		if (v && !json_is_null(v) && json_object_set(to, *keys, v) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_rule(const json_t *rule, json_t *list, struct err *err)
{
	static const char *const keys[] = { "names", "action", "errnoRet", "args", NULL };
	cleanup_json json_t *out = json_object();
	const char *name;
	int r = json_get_str(rule, "name", &name, err);

	if (r < 0)
		return r;
	if (!out || copy_members(rule, keys, out) < 0)
		return err_nomem(err);
	if (name && *name && json_array_size(json_object_get(rule, "names")) > 0)
		return err_set(err, -EINVAL,
			       "use either \"name\" or \"names\" of a rule, not both (%s)", name);
	if (name && *name && json_object_set_new(out, "names", json_pack("[s]", name)) < 0)
		return err_nomem(err);
	return json_array_append(list, out) < 0 ? err_nomem(err) : 0;
}

static int convert_rules(const json_t *profile, uint64_t capabilities, json_t *list,
			 struct err *err)
{
	json_t *rules = NULL, *rule;
	size_t i;
	int r = json_get_array(profile, "syscalls", &rules, err);

	json_array_foreach (rules, i, rule) {
		bool wanted = false;

		if (r == 0)
			r = rule_applies(rule, capabilities, &wanted, err);
		if (r == 0 && wanted)
			r = add_rule(rule, list, err);
	}
	return r;
}

/* Takes the entry for this host out of docker's "archMap". */
static int convert_architectures(const json_t *profile, json_t *out, struct err *err)
{
	const struct platform host = platform_host();
	const char *native = streq(host.arch, "arm64") ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
	json_t *map = NULL, *entry, *list;
	size_t i;
	int r = json_get_array(profile, "archMap", &map, err);

	if (r < 0 || json_array_size(map) == 0)
		return r;
	if (json_array_size(json_object_get(profile, "architectures")) > 0)
		return err_set(err, -EINVAL, "use either \"architectures\" or \"archMap\"");
	list = json_array();
	if (json_object_set_new(out, "architectures", list) < 0)
		return err_nomem(err);
	json_array_foreach (map, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "architecture"));

		if (!name || !streq(name, native))
			continue;
		if (json_array_append_new(list, json_string(name)) < 0)
			return err_nomem(err);
		json_array_extend(list, json_object_get(entry, "subArchitectures"));
	}
	return 0;
}

static int convert_profile(const json_t *profile, uint64_t capabilities, json_t *out,
			   struct err *err)
{
	static const char *const keys[] = { "defaultAction", "defaultErrnoRet", "architectures",
					    NULL };
	json_t *list = json_array();
	int r = json_object_set_new(out, "syscalls", list) < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = copy_members(profile, keys, out);
	if (r == 0)
		r = convert_architectures(profile, out, err);
	return r == 0 ? convert_rules(profile, capabilities, list, err) : r;
}

int seccomp_profile(const char *text, uint64_t capabilities, json_t **ret, struct err *err)
{
	cleanup_json json_t *profile = NULL, *out = json_object();
	cleanup(buf_reset) struct buf filter = BUF_INIT;
	struct err why = { 0 };
	int r = out ? json_read(text, strlen(text), "it", &profile, &why) : err_nomem(err);

	if (r == 0 && !json_is_object(profile))
		r = err_set(&why, -EINVAL, "it must be a JSON object");
	if (r == 0)
		r = convert_profile(profile, capabilities, out, &why);
	if (r == 0)
		r = profile_compile(out, &filter, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return err_set(err, -EINVAL, "seccomp profile: %s", why.msg);
	*ret = take_ptr(out);
	return 0;
}
