/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/rename.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/container/create.h"
#include "daemon/container/name.h"
#include "daemon/container/transition.h"
#include "daemon/network/member.h"

/* The database decides whether a name is free, as a restarted moatd goes by it. */
static int rename_saving(struct container *c, const char *name, struct err *err)
{
	cleanup(record_reset) struct record rec = { 0 };
	char *old;
	int r;

	pthread_mutex_lock(&c->table->lock);
	r = record_dup(&c->rec, &rec);
	pthread_mutex_unlock(&c->table->lock);
	if (r < 0)
		return err_nomem(err);
	if (streq(rec.name, name))
		return -EEXIST;
	old = rec.name;
	rec.name = strdup(name);
	free(old);
	r = rec.name ? state_update(c->table->state, &rec, err) : err_nomem(err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&c->table->lock);
	old = c->rec.name;
	c->rec.name = take_ptr(rec.name);
	pthread_mutex_unlock(&c->table->lock);
	free(old);
	return 0;
}

int container_rename(struct container *c, const char *name, struct err *err)
{
	const char *checked;
	int r = name_check(name, &checked, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->op);
	pthread_mutex_lock(&c->saving);
	r = rename_saving(c, checked, err);
	pthread_mutex_unlock(&c->saving);
	if (r == 0)
		member_rename(c->table->networks, c->rec.id, checked);
	pthread_mutex_unlock(&c->op);
	if (r == 0)
		container_publish(c, "rename", NULL);
	return r == -EEXIST ? container_name_conflict(c->table, checked, err) : r;
}
