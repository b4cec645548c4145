/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* Containers in the table: finding and listing them. */

/** containers_add() - put a container in front; the table takes a reference of its own */
void containers_add(struct containers *t, struct container *c);

/** containers_drop() - take a container out, mark it removed, give up the table's reference.
 * Return: was it in the table? */
bool containers_drop(struct container *c);

/**
 * containers_find() - find a container by id, name (a leading slash is fine), or unambiguous id
 * prefix
 * @ret: a reference, owned by the caller
 *
 * Return: 0; -ENOENT "No such container: X"; -EINVAL with a message for an ambiguous prefix.
 */
int containers_find(struct containers *t, const char *name, struct container **ret,
		    struct err *err);

/** containers_find_exec() - find the container of an exec.  @ret: a reference.  Return: 0; -ENOENT
 * with docker's message. */
int containers_find_exec(struct containers *t, const char *exec_id, struct container **ret,
			 struct err *err);

/** containers_list() - get a reference to every container, newest first.  @ret: owned array,
 * containers_list_free().  Return: 0; -ENOMEM. */
int containers_list(struct containers *t, struct container ***ret, size_t *ret_n);
void containers_list_free(struct container **list, size_t n);
