/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/options.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/spec/names.h"
#include "daemon/spec/seccomp.h"
#include "daemon/spec/sockets.h"
#include "daemon/spec/tmpfs.h"

#define SYSCTL_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@"

/* Is it a sysctl's name?  It becomes a path below /proc/sys, and may be written a/b or a.b. */
static bool is_sysctl(const char *name)
{
	return *name && *name != '.' && *name != '/' && strlen(name) < 256 &&
	       strspn(name, SYSCTL_CHARS) == strlen(name) && !strstr(name, "..") &&
	       !strstr(name, "//") && !strstr(name, "./") && !strstr(name, "/.");
}

/* Takes any sysctl, as the kernel is the container's own. */
static int make_sysctls(const json_t *host, struct oci_options *o, struct err *err)
{
	json_t *map, *value;
	const char *name;
	int r = json_get_object(host, "Sysctls", &map, err);

	if (r < 0)
		return r;
	json_object_foreach (map, name, value) {
		const char *text = json_string_value(value);

		if (!is_sysctl(name) || !text || strchr(text, '\n'))
			return err_set(err, -EINVAL, "invalid sysctl \"%s\"", name);
		if (strv_addf(&o->sysctls, "%s=%s", name, text) < 0)
			return err_nomem(err);
	}
	return 0;
}

static int make_groups(const json_t *host, struct oci_options *o, struct err *err)
{
	int r = json_get_strv(host, "GroupAdd", &o->groups, err);

	for (char **g = o->groups; r == 0 && g && *g; g++)
		if (!spec_is_word(*g) || strchr(*g, ':'))
			r = err_set(err, -EINVAL, "invalid group \"%s\"", *g);
	return r;
}

static int make_domainname(const json_t *config, struct oci_options *o, struct err *err)
{
	const char *name;
	int r = json_get_str(config, "Domainname", &name, err);

	if (r < 0 || !name || !*name)
		return r;
	if (strlen(name) > 64 || !spec_is_word(name))
		return err_set(err, -EINVAL, "invalid domain name: %s", name);
	o->domainname = strdup(name);
	return o->domainname ? 0 : err_nomem(err);
}

int spec_security_opt(const json_t *host, const char *name, const char **ret, struct err *err)
{
	json_t *list = NULL, *item;
	size_t i, len = strlen(name);
	int r = json_get_array(host, "SecurityOpt", &list, err);

	*ret = NULL;
	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (!text)
			return err_set(err, -EBADMSG, "\"SecurityOpt\" must hold strings");
		if (strcspn(text, "=:") == len && strncmp(text, name, len) == 0)
			*ret = text[len] ? text + len + 1 : "";
	}
	return 0;
}

static int make_security(const json_t *host, struct oci_process *p, struct err *err)
{
	const char *text;
	int r = spec_security_opt(host, "no-new-privileges", &text, err);

	if (r < 0 || !text)
		return r;
	p->no_new_privileges = !streq(text, "false") && !streq(text, "0");
	if (*text && p->no_new_privileges && !streq(text, "true") && !streq(text, "1"))
		return err_set(err, -EINVAL, "invalid --security-opt: \"no-new-privileges=%s\"",
			       text);
	return 0;
}

/* Without a profile nothing is filtered: a default one would protect a kernel that is the
 * container's own. */
static int make_seccomp(const json_t *host, struct oci_runtime *rt, struct err *err)
{
	const char *profile;
	int r = spec_security_opt(host, "seccomp", &profile, err);

	if (r < 0 || !profile || streq(profile, "unconfined") || streq(profile, "builtin"))
		return r;
	return seccomp_profile(profile, rt->process->capabilities, &rt->seccomp, err);
}

int spec_paths(const json_t *host, struct oci_runtime *rt, struct err *err)
{
	char ***const lists[] = { &rt->masked_paths, &rt->readonly_paths };
	static const char *const keys[] = { "MaskedPaths", "ReadonlyPaths" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++) {
		r = json_get_strv(host, keys[i], lists[i], err);
		for (char **p = *lists[i]; r == 0 && p && *p; p++)
			if (**p != '/')
				r = err_set(err, -EINVAL, "%s: \"%s\" is no absolute path", keys[i],
					    *p);
	}
	return r;
}

int spec_options(const json_t *config, const json_t *host, struct oci_runtime *rt, struct err *err)
{
	struct oci_options *o = &rt->options;
	int64_t score = 0;
	int r = json_get_bool(host, "Init", &o->init, err);

	if (r == 0)
		r = json_get_bool(host, "Privileged", &o->privileged, err);
	if (r == 0)
		r = json_get_i64(host, "OomScoreAdj", &score, err);
	if (r == 0 && (score < -1000 || score > 1000))
		return err_set(err, -EINVAL,
			       "Invalid value %lld, range for oom score adj is [-1000, 1000]",
			       (long long)score);
	o->oom_score_adj = (int32_t)score;
	if (r == 0)
		r = make_groups(host, o, err);
	if (r == 0)
		r = make_sysctls(host, o, err);
	if (r == 0)
		r = make_domainname(config, o, err);
	if (r == 0)
		r = spec_names(host, o, err);
	if (r == 0)
		r = spec_tmpfs(host, o, err);
	if (r == 0)
		r = spec_sockets(host, rt, err);
	if (r == 0)
		r = make_security(host, rt->process, err);
	return r == 0 ? make_seccomp(host, rt, err) : r;
}
