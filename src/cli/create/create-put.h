/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/* Members of the create request, made of options.  Each function returns 0, or -EINVAL or -ENOMEM
 * with a message. */

struct create_text {
	const char *option, *key;
};

/** create_put() - set a member; takes @value over, NULL is an error */
int create_put(json_t *obj, const char *key, json_t *value, struct err *err);

/** create_put_strv() - set an array of strings; nothing for NULL */
int create_put_strv(json_t *obj, const char *key, char *const *v, struct err *err);

/** create_put_texts() - set text members, for options that were given.  @texts: ends with a NULL
 * option */
int create_put_texts(const struct options *o, const struct create_text *texts, json_t *obj,
		     struct err *err);

/** create_put_lists() - set arrays of strings, from repeatable options.  @lists: as @texts */
int create_put_lists(const struct options *o, const struct create_text *lists, json_t *obj,
		     struct err *err);

/** create_put_pairs() - a repeatable option "KEY=VALUE", or a key alone, becomes members of @map */
int create_put_pairs(const struct options *o, const char *option, json_t *map, struct err *err);
