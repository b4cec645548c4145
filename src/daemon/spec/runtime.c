/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The runtime-spec is computed from Config and HostConfig as they are
 * stored, so a container is exactly what inspect shows.  Both were checked when the container
 * was made; types are checked again, because a member moat only stores was not.
 */
#include "daemon/spec/runtime.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/spec/config.h"
#include "daemon/spec/limits.h"
#include "daemon/spec/options.h"
#include "oci/capability.h"

#define DEFAULT_PATH	 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CAPABILITIES_ALL ((UINT64_C(1) << 41) - 1) /* up to CAP_CHECKPOINT_RESTORE */

static int add_all(char ***v, char *const *more)
{
	size_t n = strv_len(*v);
	cleanup_strv char **copy = NULL;
	char **grown;

	if (strv_copy(more, &copy) < 0)
		return -ENOMEM;
	grown = reallocarray(*v, n + strv_len(copy) + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(grown + n, copy, (strv_len(copy) + 1) * sizeof(*copy));
	*v = grown;
	free(take_ptr(copy));
	return 0;
}

static void env_unset(char **env, const char *key)
{
	size_t len = strlen(key);
	char **out = env;

	for (; env && *env; env++) {
		if (strncmp(*env, key, len) == 0 && (*env)[len] == '=')
			free(*env);
		else
			*out++ = *env;
	}
	if (out)
		*out = NULL;
}

/* A variable without "=" is taken out of the environment. */
static int env_apply(char ***env, char *const *changes)
{
	for (; changes && *changes; changes++) {
		if (!strchr(*changes, '='))
			env_unset(*env, *changes);
		else if (env_set(env, *changes) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_env(const json_t *config, bool tty, char ***ret, struct err *err)
{
	cleanup_strv char **given = NULL;
	int r = json_get_strv(config, "Env", &given, err);

	if (r < 0)
		return r;
	if (strv_add(ret, DEFAULT_PATH) < 0 ||
	    strv_addf(ret, "HOSTNAME=%s", json_string_value(json_object_get(config, "Hostname"))) <
		    0)
		return err_nomem(err);
	if (tty && strv_add(ret, "TERM=xterm") < 0)
		return err_nomem(err);
	return env_apply(ret, given) < 0 ? err_nomem(err) : 0;
}

static int make_args(const json_t *config, char ***ret, struct err *err)
{
	cleanup_strv char **entrypoint = NULL, **cmd = NULL;
	int r = config_strv(config, "Entrypoint", &entrypoint, err);

	if (r == 0)
		r = config_strv(config, "Cmd", &cmd, err);
	if (r < 0)
		return r;
	return add_all(ret, entrypoint) < 0 || add_all(ret, cmd) < 0 ? err_nomem(err) : 0;
}

static int parse_capability(const char *name, struct err *err)
{
	int n = oci_capability_parse(name);

	if (n < 0)
		return err_set(err, -EINVAL, "invalid capability: \"%s\"", name);
	return n;
}

static bool names_all(const char *name)
{
	return streq(name, "ALL") || streq(name, "all") || streq(name, "CAP_ALL");
}

/* @ret_set: those named; @ret_all: ALL is among them. */
static int read_capabilities(char *const *names, uint64_t *ret_set, bool *ret_all, struct err *err)
{
	*ret_set = 0;
	*ret_all = false;
	for (; names && *names; names++) {
		int n = names_all(*names) ? 0 : parse_capability(*names, err);

		if (n < 0)
			return n;
		if (names_all(*names))
			*ret_all = true;
		else
			*ret_set |= UINT64_C(1) << n;
	}
	return 0;
}

/* The default set without those to drop, and then with those to add. */
static int config_capabilities(char *const *add, char *const *drop, uint64_t *ret, struct err *err)
{
	uint64_t added, dropped;
	bool add_all_caps, drop_all_caps;
	int r = read_capabilities(add, &added, &add_all_caps, err);

	if (r == 0)
		r = read_capabilities(drop, &dropped, &drop_all_caps, err);
	if (r < 0)
		return r;
	if (add_all_caps)
		*ret = CAPABILITIES_ALL & ~dropped;
	else if (drop_all_caps)
		*ret = added;
	else
		*ret = (oci_default_capabilities() & ~dropped) | added;
	return 0;
}

static int make_capabilities(const json_t *host, bool privileged, uint64_t *ret, struct err *err)
{
	cleanup_strv char **add = NULL, **drop = NULL;
	int r = config_strv(host, "CapAdd", &add, err);

	if (r == 0)
		r = config_strv(host, "CapDrop", &drop, err);
	if (r == 0)
		r = config_capabilities(add, drop, ret, err);
	if (r == 0 && privileged)
		*ret = CAPABILITIES_ALL;
	return r;
}

static int read_rlimit(const json_t *item, struct oci_rlimit *ret, struct err *err)
{
	static const char *const known[] = { "core",	   "cpu",      "data",	 "fsize",
					     "memlock",	   "msgqueue", "nice",	 "nofile",
					     "nproc",	   "rss",      "rtprio", "rttime",
					     "sigpending", "stack",    "locks",	 "as" };
	int64_t soft = 0, hard = 0;
	const char *name;
	int r = json_get_str(item, "Name", &name, err);

	if (r == 0)
		r = json_get_i64(item, "Soft", &soft, err);
	if (r == 0)
		r = json_get_i64(item, "Hard", &hard, err);
	if (r < 0)
		return r;
	if (!STR_FIND(known, name))
		return err_set(err, -EINVAL, "invalid ulimit type: %s", name ? name : "");
	/* -1 is unlimited, and so is the greatest unsigned number. */
	ret->soft = (uint64_t)soft;
	ret->hard = (uint64_t)hard;
	if (ret->soft > ret->hard)
		return err_set(err, -EINVAL,
			       "ulimit soft limit must be less than or equal to hard limit: %s",
			       name);
	ret->type = str_printf("RLIMIT_%s", name);
	for (char *p = ret->type ? ret->type + 7 : NULL; p && *p; p++)
		*p = (char)(*p - 'a' + 'A');
	return ret->type ? 0 : err_nomem(err);
}

static int make_rlimits(const json_t *host, struct oci_process *p, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(host, "Ulimits", &list, err);

	if (r < 0 || json_array_size(list) == 0)
		return r;
	p->rlimits = calloc(json_array_size(list), sizeof(*p->rlimits));
	if (!p->rlimits)
		return err_nomem(err);
	json_array_foreach (list, i, item) {
		r = read_rlimit(item, &p->rlimits[i], err);
		if (r < 0)
			return r;
		p->n_rlimits = i + 1;
	}
	return 0;
}

/* Reads [rows, columns]; any other value counts as no size. */
static void read_console_size(const json_t *host, struct oci_process *p)
{
	const json_t *size = json_object_get(host, "ConsoleSize");
	json_int_t rows = json_integer_value(json_array_get(size, 0));
	json_int_t columns = json_integer_value(json_array_get(size, 1));

	if (!p->terminal || rows < 0 || rows > UINT16_MAX || columns < 0 || columns > UINT16_MAX)
		return;
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)columns;
}

static int make_process(const json_t *config, const json_t *host, struct oci_process *p,
			struct err *err)
{
	const char *cwd;
	bool privileged = false;
	int r = json_get_bool(config, "Tty", &p->terminal, err);

	if (r == 0)
		r = json_get_bool(config, "OpenStdin", &p->open_stdin, err);
	if (r == 0)
		r = json_get_bool(host, "Privileged", &privileged, err);
	if (r == 0)
		r = make_args(config, &p->args, err);
	read_console_size(host, p);
	if (r == 0)
		r = make_env(config, p->terminal, &p->env, err);
	if (r == 0)
		r = make_capabilities(host, privileged, &p->capabilities, err);
	if (r == 0)
		r = make_rlimits(host, p, err);
	if (r == 0)
		r = json_get_str(config, "WorkingDir", &cwd, err);
	if (r == 0)
		r = json_get_copy(config, "User", &p->user, err);
	if (r < 0)
		return r;
	if (cwd && *cwd && *cwd != '/')
		return err_set(err, -EINVAL,
			       "the working directory '%s' is invalid, it needs to be an absolute "
			       "path",
			       cwd);
	p->cwd = strdup(cwd && *cwd ? cwd : "/");
	return p->cwd ? 0 : err_nomem(err);
}

int config_runtime(const json_t *config, const json_t *host, struct oci_runtime **ret,
		   struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = calloc(1, sizeof(*rt));
	int r;

	if (!rt)
		return err_nomem(err);
	rt->process = calloc(1, sizeof(*rt->process));
	if (!rt->process)
		return err_nomem(err);
	r = make_process(config, host, rt->process, err);
	if (r == 0)
		r = spec_limits(host, rt, err);
	if (r == 0)
		r = spec_paths(host, rt, err);
	if (r == 0)
		r = spec_options(config, host, rt, err);
	if (r == 0)
		r = json_get_bool(host, "ReadonlyRootfs", &rt->rootfs_readonly, err);
	if (r == 0)
		r = json_get_copy(config, "Hostname", &rt->hostname, err);
	if (r == 0)
		*ret = take_ptr(rt);
	return r;
}

static int exec_text(const json_t *body, const char *key, const char *otherwise, char **ret,
		     struct err *err)
{
	const char *s;
	int r = json_get_str(body, key, &s, err);

	if (r < 0)
		return r;
	*ret = strdup(s && *s ? s : otherwise ? otherwise : "");
	return *ret ? 0 : err_nomem(err);
}

static int copy_rlimits(const struct oci_process *from, struct oci_process *to)
{
	to->rlimits = calloc(from->n_rlimits + 1, sizeof(*to->rlimits));
	if (!to->rlimits)
		return -ENOMEM;
	for (; to->n_rlimits < from->n_rlimits; to->n_rlimits++) {
		struct oci_rlimit *limit = &to->rlimits[to->n_rlimits];

		*limit = from->rlimits[to->n_rlimits];
		limit->type = strdup(limit->type);
		if (!limit->type)
			return -ENOMEM;
	}
	return 0;
}

int config_process(const json_t *body, const struct oci_process *container,
		   struct oci_process **ret, struct err *err)
{
	cleanup_oci_process struct oci_process *p = calloc(1, sizeof(*p));
	cleanup_strv char **env = NULL;
	bool privileged = false;
	int r = p ? config_strv(body, "Cmd", &p->args, err) : err_nomem(err);

	if (r == 0 && (strv_len(p->args) == 0 || !*p->args[0]))
		return err_set(err, -EINVAL, "No exec command specified");
	if (r == 0)
		r = config_env(body, &env, err);
	if (r == 0)
		r = json_get_bool(body, "Tty", &p->terminal, err);
	if (r == 0)
		r = json_get_bool(body, "AttachStdin", &p->open_stdin, err);
	if (r == 0)
		r = json_get_bool(body, "Privileged", &privileged, err);
	if (r == 0)
		r = exec_text(body, "WorkingDir", container->cwd, &p->cwd, err);
	read_console_size(body, p);
	if (r == 0)
		r = exec_text(body, "User", container->user, &p->user, err);
	if (r < 0)
		return r;
	if (*p->cwd != '/')
		return err_set(err, -EINVAL, "Cwd must be an absolute path");
	p->no_new_privileges = container->no_new_privileges;
	p->capabilities = privileged ? CAPABILITIES_ALL : container->capabilities;
	if (copy_rlimits(container, p) < 0 || strv_copy(container->env, &p->env) < 0 ||
	    (p->terminal && !env_get(p->env, "TERM") && strv_add(&p->env, "TERM=xterm") < 0) ||
	    env_apply(&p->env, env) < 0)
		return err_nomem(err);
	*ret = take_ptr(p);
	return 0;
}
