/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/subids.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Takes a field off a line. */
static char *next_field(char **line)
{
	return strsep(line, ":");
}

static bool is_of(const char *user, const char *name, uint32_t uid)
{
	uint32_t number;

	return (name && streq(user, name)) || (str_to_u32(user, &number) == 0 && number == uid);
}

static bool read_range(char *line, const char *name, uint32_t uid, struct subid_range *ret)
{
	const char *user = next_field(&line), *first = next_field(&line), *n = next_field(&line);

	return user && first && n && !line && is_of(user, name, uid) &&
	       str_to_u32(first, &ret->first) == 0 && str_to_u32(n, &ret->n) == 0 && ret->n > 0 &&
	       ret->first <= UINT32_MAX - ret->n;
}

size_t subids_find(const char *text, const char *name, uint32_t uid,
		   struct subid_range ret[SUBIDS_MAX])
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;
	size_t n = 0;

	while (copy && n < SUBIDS_MAX && (line = strsep(&rest, "\n")))
		n += read_range(line, name, uid, &ret[n]);
	return n;
}

int subids_map(uint32_t own, const struct subid_range *ranges, size_t n, char ***ret)
{
	cleanup_strv char **v = NULL;
	uint32_t inside = 1;
	int r = strv_addf(&v, "0");

	if (r == 0)
		r = strv_addf(&v, "%u", own);
	if (r == 0)
		r = strv_addf(&v, "1");
	for (size_t i = 0; r == 0 && i < n && ranges[i].n <= UINT32_MAX - inside; i++) {
		r = strv_addf(&v, "%u", inside);
		if (r == 0)
			r = strv_addf(&v, "%u", ranges[i].first);
		if (r == 0)
			r = strv_addf(&v, "%u", ranges[i].n);
		inside += ranges[i].n;
	}
	if (r == 0)
		*ret = take_ptr(v);
	return r;
}
