/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The table is a list of containers, newest first.  It holds a reference to
 * each, and so does everybody who works on one: a container that leaves the table lives on until
 * the last of them lets go of it.
 */
#include "daemon/container/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/exec.h"

void containers_add(struct containers *t, struct container *c)
{
	mutex_hold(&t->lock);
	c->refs++;
	c->next = t->first;
	t->first = c;
	t->n++;
}

bool containers_drop(struct container *c)
{
	struct containers *t = c->table;
	struct container **p;
	bool found;

	mutex_hold(&t->lock);
	for (p = &t->first; *p && *p != c; p = &(*p)->next)
		;
	found = *p && container_enter(c, CONTAINER_REMOVED);
	if (found) {
		*p = c->next;
		t->n--;
		c->refs--; /* the caller holds another */
	}
	return found;
}

int containers_find(struct containers *t, const char *name, struct container **ret, struct err *err)
{
	const char *wanted = name[0] == '/' ? name + 1 : name;
	struct container *exact = NULL, *prefix = NULL;
	size_t n_prefix = 0, len = strlen(wanted);

	pthread_mutex_lock(&t->lock);
	for (struct container *c = t->first; c && !exact && len > 0; c = c->next) {
		if (streq(c->rec.id, wanted) || streq(c->rec.name, wanted)) {
			exact = c;
		} else if (strncmp(c->rec.id, wanted, len) == 0) {
			prefix = c;
			n_prefix++;
		}
	}
	if (!exact && n_prefix == 1)
		exact = prefix;
	if (exact)
		exact->refs++;
	pthread_mutex_unlock(&t->lock);
	if (!exact && n_prefix > 1)
		return err_set(err, -EINVAL, "multiple IDs found with provided prefix: %s", name);
	if (!exact)
		return err_set(err, -ENOENT, "No such container: %s", name);
	*ret = exact;
	return 0;
}

int containers_find_exec(struct containers *t, const char *exec_id, struct container **ret,
			 struct err *err)
{
	struct container *found = NULL;

	pthread_mutex_lock(&t->lock);
	for (struct container *c = t->first; c && !found; c = c->next)
		if (container_exec(c, exec_id))
			found = c;
	if (found)
		found->refs++;
	pthread_mutex_unlock(&t->lock);
	if (!found)
		return err_set(err, -ENOENT, "No such exec instance: %s", exec_id);
	*ret = found;
	return 0;
}

int containers_list(struct containers *t, struct container ***ret, size_t *ret_n)
{
	struct container **list;
	size_t n = 0;

	pthread_mutex_lock(&t->lock);
	list = calloc(t->n + 1, sizeof(*list));
	for (struct container *c = t->first; list && c; c = c->next) {
		c->refs++;
		list[n++] = c;
	}
	pthread_mutex_unlock(&t->lock);
	if (!list)
		return -ENOMEM;
	*ret = list;
	*ret_n = n;
	return 0;
}

void containers_list_free(struct container **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_unref(list[i]);
	free(list);
}
