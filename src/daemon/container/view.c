/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/view.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/table.h"

int container_view(struct container *c, struct container_view *ret)
{
	int r;

	mutex_hold(&c->table->lock);
	r = record_dup(&c->rec, &ret->rec);
	if (r == 0) {
		c->refs++;
		ret->c = c;
		ret->state = c->state;
		ret->shown = container_shown(c);
		ret->health = c->health;
		json_incref(ret->health.log);
		ret->trace = c->trace;
		ret->disk_errors = c->disk_errors;
		ret->disk_full = c->disk_full;
		ret->ends = c->ends;
	}
	return r;
}

void container_view_reset(struct container_view *v)
{
	record_reset(&v->rec);
	json_decref(v->health.log);
	container_unref(v->c);
	*v = (struct container_view){ 0 };
}

int container_views(struct containers *t, struct container_view **ret, size_t *ret_n)
{
	struct container_view *views;
	struct container **list;
	size_t n, n_views = 0;
	int r = containers_list(t, &list, &n);

	if (r < 0)
		return r;
	views = calloc(n + 1, sizeof(*views));
	r = views ? 0 : -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		r = container_view(list[i], &views[n_views]);
		n_views += r == 0;
		/* A container that was removed meanwhile is left out. */
		if (r == 0 && view_is(&views[n_views - 1], STATE(REMOVED)))
			container_view_reset(&views[--n_views]);
	}
	containers_list_free(list, n);
	if (r < 0) {
		container_views_free(views, n_views);
		return r;
	}
	*ret = views;
	*ret_n = n_views;
	return 0;
}

void container_views_free(struct container_view *views, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_view_reset(&views[i]);
	free(views);
}

const char *view_status(const struct container_view *v)
{
	switch (v->shown) {
	case CONTAINER_CREATED:
		return "created";
	case CONTAINER_WAITING:
		return "restarting";
	case CONTAINER_RUNNING:
		return "running";
	case CONTAINER_PAUSED:
		return "paused";
	default:
		return "exited";
	}
}

struct image_users containers_use(struct containers *t, const struct digest *manifest)
{
	struct image_users n = { 0 };

	mutex_hold(&t->lock);
	for (const struct container *c = t->first; c; c = c->next) {
		if (!streq(c->rec.manifest.text, manifest->text))
			continue;
		n.all++;
		n.running += container_is(c, STATES_RUNNING | STATES_BEGINNING);
	}
	return n;
}
