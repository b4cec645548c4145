/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/macro.h"
#include "base/str.h"
#include "settings/read-inner.h"

/* As much as moat-unpack's own limits of memory and output leave room for. */
#define BYTES_MAX   (48ULL << 30)
#define ENTRIES_MAX 20000000ULL
#define MEMORY_MAX  (3ULL << 30)
#define RATIO_MAX   100000ULL

/* Reads a whole number, or for bytes a text like "40g". */
static int read_number(const char *name, const json_t *value, uint64_t max, uint64_t *ret,
		       struct err *err)
{
	const char *text = json_string_value(value);
	json_int_t n = json_integer_value(value);

	if (text && str_to_size(text, ret) == 0 && *ret >= 1 && *ret <= max)
		return 0;
	if (!json_is_integer(value) || n < 1 || (uint64_t)n > max)
		return err_set(err, -EINVAL, "\"%s\" must be a number from 1 to %llu", name,
			       (unsigned long long)max);
	*ret = (uint64_t)n;
	return 0;
}

static int read_bytes(const char *name, json_t *value, void *to, struct err *err)
{
	return read_number(name, value, BYTES_MAX, &((struct image_limits *)to)->bytes, err);
}

static int read_entries(const char *name, json_t *value, void *to, struct err *err)
{
	return read_number(name, value, ENTRIES_MAX, &((struct image_limits *)to)->entries, err);
}

static int read_memory(const char *name, json_t *value, void *to, struct err *err)
{
	return read_number(name, value, MEMORY_MAX, &((struct image_limits *)to)->memory, err);
}

static int read_ratio(const char *name, json_t *value, void *to, struct err *err)
{
	return read_number(name, value, RATIO_MAX, &((struct image_limits *)to)->ratio, err);
}

int read_limits(const char *name, json_t *value, void *to, struct err *err)
{
	static const struct member members[] = {
		{ "bytes", read_bytes },
		{ "entries", read_entries },
		{ "memory", read_memory },
		{ "ratio", read_ratio },
	};
	struct settings *s = to;
	int r = read_members(value, members, ARRAY_SIZE(members), &s->image_limits, err);

	return r < 0 ? err_wrap(err, "%s", name) : 0;
}
