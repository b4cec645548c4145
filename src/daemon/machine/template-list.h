/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/template.h"

/* All templates there are, on the disk and in use. */

/** template_remove() - remove a template.  Return: 0; -ENOENT; -EBUSY while it is being made;
 * -errno. */
int template_remove(struct templates *t, const char *key);

/** templates_describe() - describe all templates, as an array for the API.  Return: NULL when out
 * of memory. */
json_t *templates_describe(struct templates *t);

/** templates_tidy() - give up the memory of templates long unused, and remove those nobody will use
 * again */
void templates_tidy(struct templates *t);
