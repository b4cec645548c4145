/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-log.h"

#include <string.h>

#include "base/str.h"

void layer_log_init(struct layer_log *log, struct arena_budget *budget)
{
	*log = (struct layer_log){ 0 };
	arena_init(&log->kept, budget);
	arena_init(&log->passing, budget);
}

void layer_log_reset(struct layer_log *log)
{
	arena_reset(&log->kept);
	arena_reset(&log->passing);
	log->first = log->last = NULL;
}

/* Finds the path in the name, where the name ends with it, as in "./PATH"; NULL where they
 * differ. */
static const char *path_within(const char *name, const char *path)
{
	size_t name_len = strlen(name), len = strlen(path);

	if (len > name_len || !streq(name + name_len - len, path))
		return NULL;
	return name + name_len - len;
}

int layer_log_add(struct layer_log *log, enum layer_item_kind kind, const char *name,
		  const char *path, struct layer_item **ret)
{
	struct layer_item *item = arena_alloc(&log->passing, sizeof(*item));

	if (!item)
		return arena_errno(&log->passing);
	item->kind = kind;
	item->name = arena_text(&log->passing, name);
	item->path = item->name ? path_within(item->name, path) : NULL;
	if (item->name && !item->path)
		item->path = arena_text(&log->passing, path);
	if (!item->path)
		return arena_errno(&log->passing);
	if (log->last)
		log->last->next = item;
	else
		log->first = item;
	log->last = item;
	*ret = item;
	return 0;
}
