/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An update is a create request's HostConfig with only what is to change: it
 * is laid over the stored one, and the result checked and turned into a runtime-spec as a new
 * container's would be.  A running container's guest is given the new limits first, and only limits
 * that it took are stored.
 *
 * Clients send every member docker knows; zero and "" mean "leave it".
 */
#include <errno.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/stored.h"
#include "daemon/container/transition.h"
#include "daemon/container/update-live.h"
#include "daemon/container/update.h"
#include "daemon/machine/machines.h"
#include "daemon/spec/fields.h"
#include "daemon/spec/host-config.h"
#include "daemon/spec/runtime.h"

static const char *const limits[] = { "Memory",	    "NanoCpus",	 "CpuQuota",   "CpuPeriod",
				      "PidsLimit",  "CpuShares", "CpusetCpus", "MemoryReservation",
				      "MemorySwap", NULL };

static bool is_given(const json_t *v)
{
	return v && !json_is_null(v) && !(json_is_integer(v) && json_integer_value(v) == 0) &&
	       !(json_is_string(v) && *json_string_value(v) == '\0');
}

static int merge_limits(const json_t *body, json_t *host)
{
	for (size_t i = 0; limits[i]; i++) {
		json_t *v = json_object_get(body, limits[i]);

		if (!is_given(v) || json_equal(v, json_object_get(host, limits[i])))
			continue;
		if (json_object_set(host, limits[i], v) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int merge_policy(const json_t *body, json_t *host, struct err *err)
{
	const char *name = NULL;
	json_t *policy;
	int r = json_get_object(body, "RestartPolicy", &policy, err);

	if (r == 0 && policy)
		r = json_get_str(policy, "Name", &name, err);
	if (r < 0 || !name || !*name)
		return r;
	if (json_is_true(json_object_get(host, "AutoRemove")) && !streq(name, "no"))
		return err_set(err, -EINVAL,
			       "Restart policy cannot be updated because AutoRemove is enabled for "
			       "the container");
	return json_object_set(host, "RestartPolicy", policy) < 0 ? err_nomem(err) : 0;
}

static int merge_update(const json_t *body, json_t *host, struct err *err)
{
	int r = merge_policy(body, host, err);

	if (r < 0)
		return r;
	return merge_limits(body, host) < 0 ? err_nomem(err) : 0;
}

/* The cpuset that an update asks for; borrowed; NULL where it does not change. */
static const char *new_cpuset(const json_t *body, const json_t *host)
{
	const json_t *v = json_object_get(body, "CpusetCpus");

	return is_given(v) && !json_equal(v, json_object_get(host, "CpusetCpus"))
		       ? json_string_value(v)
		       : NULL;
}

/* Makes runtime-spec and texts of a container from the HostConfig in @s. */
static int make_texts(struct containers *t, const struct stored *s, struct oci_runtime **ret_new,
		      struct texts *ret, struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	cleanup_json json_t *checked = NULL;
	cleanup_json json_t *body = json_pack("{s:O}", "HostConfig", s->host);
	int r = body ? host_config_check(body, t->machines->host_cpus, &checked, err)
		     : err_nomem(err);

	if (r == 0)
		r = config_runtime(s->config, checked, &rt, err);
	if (r < 0)
		return r;
	rt->rootfs_path = strdup(s->rt->rootfs_path);
	ret->host_config = json_write(checked);
	ret->spec = rt->rootfs_path ? oci_runtime_write(rt) : NULL;
	if (!ret->host_config || !ret->spec)
		return err_nomem(err);
	*ret_new = take_ptr(rt);
	return 0;
}

static void set_policy(struct container *c, const json_t *host)
{
	struct restart_policy policy = { 0 };

	(void)restart_policy_read(json_object_get(host, "RestartPolicy"), &policy, NULL);
	mutex_hold(&c->table->lock);
	c->restart.policy = policy;
	if (policy.kind == RESTART_NO)
		restart_give_up(c);
}

static int update_locked(struct container *c, const json_t *body, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup(texts_reset) struct texts new = { 0 };
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	const char *cpuset = NULL;
	int r = stored_read(c->table->state, c->rec.id, &stored, err);

	if (r == 0)
		cpuset = new_cpuset(body, stored.host);
	if (r == 0)
		r = merge_update(body, stored.host, err);
	if (r == 0)
		r = make_texts(c->table, &stored, &rt, &new, err);
	if (r == 0 && container_is_running(c))
		r = update_live(c, stored.rt, rt, cpuset, err);
	if (r == 0)
		r = state_set_texts(c->table->state, c->rec.id, &new, err);
	if (r == 0)
		set_policy(c, stored.host);
	return r;
}

int container_update(struct container *c, const json_t *body, char ***ret_warnings, struct err *err)
{
	int r = fields_check_update(body, limits, ret_warnings, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->op);
	r = update_locked(c, body, err);
	pthread_mutex_unlock(&c->op);
	if (r == 0)
		container_publish(c, "update", NULL);
	return r;
}
