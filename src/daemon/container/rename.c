/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/rename.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/container/name.h"
#include "daemon/container/transition.h"

/* Under the table's lock: @name is checked. */
static int rename_locked(struct container *c, const char *name, struct err *err)
{
	char *old = c->rec.name, *copy;
	int r;

	for (struct container *o = c->table->first; o; o = o->next)
		if (streq(o->rec.name, name))
			return err_set(err, -EEXIST,
				       "Conflict. The container name \"/%s\" is already in use by "
				       "container \"%s\". You have to remove (or rename) that "
				       "container to be able to reuse that name.",
				       name, o->rec.id);
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	c->rec.name = copy;
	r = state_update(c->table->state, &c->rec, err);
	c->rec.name = r < 0 ? old : copy;
	free(r < 0 ? copy : old);
	return r;
}

int container_rename(struct container *c, const char *name, struct err *err)
{
	const char *checked;
	int r = name_check(name, &checked, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->op);
	pthread_mutex_lock(&c->table->lock);
	r = rename_locked(c, checked, err);
	pthread_mutex_unlock(&c->table->lock);
	pthread_mutex_unlock(&c->op);
	if (r == 0)
		container_publish(c, "rename", NULL);
	return r;
}
