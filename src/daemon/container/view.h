/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "image/image.h"

/* A copy of what readers see of a container, made at one moment. */
struct container_view {
	struct container *c; /* a reference, for what is fixed: labels, arguments and the like */
	struct record rec;
	enum container_state state;
	enum container_state shown; /* container_shown() */
	struct health health;	    /* with a reference to its log */
	struct trace trace;
	struct container_disk_errors disk_errors;
	bool disk_full;
	uint64_t ends;
};

/** container_view() - copy one container.  @ret: owned, container_view_reset().  Return: 0;
 * -ENOMEM. */
int container_view(struct container *c, struct container_view *ret);
void container_view_reset(struct container_view *v);

/** container_views() - copy every container, newest first.  @ret: owned, container_views_free().
 * Return: 0; -ENOMEM. */
int container_views(struct containers *t, struct container_view **ret, size_t *ret_n);
void container_views_free(struct container_view *views, size_t n);

/** view_is() - is the state one of these? */
static inline bool view_is(const struct container_view *v, unsigned states)
{
	return states & (1u << v->state);
}

/** view_is_shown() - is the state that users see one of these? */
static inline bool view_is_shown(const struct container_view *v, unsigned states)
{
	return states & (1u << v->shown);
}

/** view_status() - docker's word for the state */
const char *view_status(const struct container_view *v);

/** containers_use() - how many containers are made of an image? */
struct image_users containers_use(struct containers *t, const struct digest *manifest);
