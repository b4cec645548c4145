/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/history.h"

#include "base/str.h"

void history_add(struct history *h, const char *target, int code)
{
	struct history_entry *e = &h->entries[h->n_added++ % HISTORY_MAX];

	memcpy(e->target, target, strlen(target) + 1);
	e->code = code;
}

const struct history_entry *history_get(const struct history *h, size_t age)
{
	if (age >= h->n_added || age >= HISTORY_MAX)
		return NULL;
	return &h->entries[(h->n_added - 1 - age) % HISTORY_MAX];
}

bool history_has(const struct history *h, const char *target)
{
	const struct history_entry *e;

	for (size_t age = 0; (e = history_get(h, age)); age++)
		if (streq(e->target, target))
			return true;
	return false;
}
