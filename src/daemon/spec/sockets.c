/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/sockets.h"

#include <errno.h>

#include "base/str.h"

#define PATH_LONGEST 4095u
#define NAME_LONGEST 107u /* bytes for a path in a unix socket's address */

/* Only the last part of a host's path must fit, as it is bound by its folder's descriptor. */
static int check_host(const char *path, struct err *err)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	if (!path || *path != '/' || strlen(path) > PATH_LONGEST || strlen(name + 1) == 0 ||
	    strlen(name + 1) > NAME_LONGEST / 2)
		return err_set(
			err, -EINVAL,
			"socket \"%s\": on the host an absolute path, whose last part is not "
			"longer than %u",
			path ? path : "", NAME_LONGEST / 2);
	return 0;
}

static int read_binding(const json_t *item, struct socket_binding *ret, struct err *err)
{
	int r = json_get_str(item, "Host", &ret->host, err);

	if (r == 0)
		r = json_get_str(item, "Container", &ret->container, err);
	if (r == 0)
		r = check_host(ret->host, err);
	if (r == 0 &&
	    (!ret->container || *ret->container != '/' || strlen(ret->container) > PATH_LONGEST))
		r = err_set(err, -EINVAL, "socket \"%s\": an absolute path in the container",
			    ret->container ? ret->container : "");
	return r;
}

int socket_plan_read(const json_t *host, struct socket_plan *ret, struct err *err)
{
	struct socket_plan plan = { 0 };
	json_t *ours, *list = NULL, *item;
	size_t i;
	int r = json_get_object(host, "Moat", &ours, err);

	if (r == 0 && ours)
		r = json_get_array(ours, "Sockets", &list, err);
	if (r == 0 && ours)
		r = json_get_str(ours, "SshAuthSock", &plan.agent, err);
	if (r == 0 && json_array_size(list) > OCI_SOCKETS_MAX)
		r = err_set(err, -EINVAL, "more than %u published sockets", OCI_SOCKETS_MAX);
	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		r = read_binding(item, &plan.bindings[plan.n++], err);
		if (r < 0)
			return r;
	}
	if (plan.agent && !*plan.agent)
		plan.agent = NULL;
	if (plan.agent && *plan.agent != '/')
		return err_set(err, -EINVAL, "SshAuthSock \"%s\": an absolute path", plan.agent);
	*ret = plan;
	return 0;
}

int spec_sockets(const json_t *host, struct oci_runtime *rt, struct err *err)
{
	struct socket_plan plan;
	int r = socket_plan_read(host, &plan, err);

	if (r < 0 || !plan.agent)
		return r;
	if (strv_add(&rt->options.sockets, SPEC_AGENT_PATH) < 0)
		return err_nomem(err);
	if (!env_get(rt->process->env, SPEC_AGENT_KEY) &&
	    env_set(&rt->process->env, SPEC_AGENT_KEY "=" SPEC_AGENT_PATH) < 0)
		return err_nomem(err);
	return 0;
}
