/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/network-view.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"

unsigned network_count_users(struct networks *nets, const char *name, unsigned *ret_active,
			     char **ret_names)
{
	unsigned all = 0;

	*ret_active = 0;
	for (struct member *m = nets->members; m; m = m->next) {
		char *more;

		if (!member_endpoint(m, name))
			continue;
		all++;
		*ret_active += m->active;
		if (!m->active || !ret_names)
			continue;
		more = str_printf("%s%s\"%s\"", *ret_names ? *ret_names : "",
				  *ret_names ? ", " : "", m->name ? m->name : m->id);
		free(*ret_names);
		*ret_names = more;
	}
	return all;
}

void network_view_reset(struct network_view *v)
{
	network_record_reset(&v->rec);
	network_config_reset(&v->config);
}

/* Under the lock.  The stored text is read again, as that makes a copy with its own memory. */
static int copy_network(struct networks *nets, const struct network *n, struct network_view *ret)
{
	unsigned active;

	memcpy(ret->rec.id, n->rec.id, sizeof(ret->rec.id));
	ret->rec.created_nsec = n->rec.created_nsec;
	ret->rec.name = strdup(n->rec.name);
	ret->rec.driver = strdup(n->rec.driver);
	ret->rec.config = strdup(n->rec.config);
	ret->users = network_count_users(nets, n->rec.name, &active, NULL);
	return ret->rec.name && ret->rec.driver && ret->rec.config ? 0 : -ENOMEM;
}

static int read_view(struct network_view *v)
{
	cleanup_json json_t *stored = NULL;
	int r = json_read(v->rec.config, strlen(v->rec.config), "a network", &stored, NULL);

	return r == 0 && !network_is_none(&v->rec)
		       ? network_config_read(stored, &v->config, NULL, NULL)
		       : r;
}

int network_view(struct networks *nets, const char *name, struct network_view *ret, struct err *err)
{
	cleanup(network_view_reset) struct network_view v = { 0 };
	const struct network *n;
	bool ambiguous;
	int r = 0;

	pthread_mutex_lock(&nets->lock);
	n = networks_find_any(nets, name, &ambiguous);
	if (n)
		r = copy_network(nets, n, &v);
	pthread_mutex_unlock(&nets->lock);
	if (!n)
		return network_not_found(name, ambiguous, err);
	if (r == 0)
		r = read_view(&v);
	if (r < 0)
		return err_nomem(err);
	*ret = take_struct(v);
	return 0;
}

bool network_is_internal(struct networks *nets, const char *name)
{
	const struct network *n;

	mutex_hold(&nets->lock);
	n = networks_find(nets, name);
	return n && n->config.internal;
}

static size_t count_networks(const struct networks *nets)
{
	size_t n = 0;

	for (const struct network *one = nets->first; one; one = one->next)
		n++;
	return n;
}

int network_views(struct networks *nets, struct network_view **ret, size_t *ret_n)
{
	struct network_view *views;
	size_t n = 0;
	int r;

	pthread_mutex_lock(&nets->lock);
	views = calloc(count_networks(nets) + 1, sizeof(*views));
	r = views ? 0 : -ENOMEM;
	for (const struct network *one = nets->first; one && r == 0; one = one->next)
		r = copy_network(nets, one, &views[n++]);
	pthread_mutex_unlock(&nets->lock);
	for (size_t i = 0; i < n && r == 0; i++)
		r = read_view(&views[i]);
	if (r < 0) {
		network_views_free(views, n);
		return r;
	}
	*ret = views;
	*ret_n = n;
	return 0;
}

void network_views_free(struct network_view *views, size_t n)
{
	for (size_t i = 0; i < n; i++)
		network_view_reset(&views[i]);
	free(views);
}
