/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/macro.h"

int words_next(const char **at, char **ret, struct err *err)
{
	cleanup(buf_reset) struct buf word = BUF_INIT;
	const char *p = *at;
	char quote = '\0';
	int r = buf_adds(&word, "");

	while (isspace((unsigned char)*p))
		p++;
	if (!*p) {
		*at = p;
		*ret = NULL;
		return 0;
	}
	for (; r == 0 && *p && (quote || !isspace((unsigned char)*p)); p++) {
		bool escapes = *p == '\\' && quote != '\'' && p[1];

		if (escapes)
			r = buf_add(&word, ++p, 1);
		else if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? '\0' : *p;
		else
			r = buf_add(&word, p, 1);
	}
	if (r == 0 && quote)
		return err_set(err, -EINVAL, "a quote does not end");
	*at = p;
	*ret = r == 0 ? buf_take(&word) : NULL;
	return *ret ? 0 : err_errno(err, -ENOMEM, "instruction");
}

int words_duration(const char *text, int64_t *ret_nsec)
{
	static const struct {
		const char *name;
		int64_t nsec;
	} units[] = {
		{ "ns", 1 },	     { "us", 1000 },	   { "ms", 1000000 },
		{ "s", 1000000000 }, { "m", 60000000000 }, { "h", 3600000000000 },
	};
	int64_t total = 0;

	if (strcmp(text, "0") == 0) {
		*ret_nsec = 0;
		return 0;
	}
	if (!*text)
		return -EINVAL;
	while (*text) {
		int64_t n = 0, add;
		size_t i, len;

		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		for (; isdigit((unsigned char)*text); text++)
			if (__builtin_mul_overflow(n, 10, &n) ||
			    __builtin_add_overflow(n, *text - '0', &n))
				return -EINVAL;
		len = strspn(text, "nmush");
		for (i = 0; i < ARRAY_SIZE(units); i++)
			if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0)
				break;
		if (i == ARRAY_SIZE(units) || __builtin_mul_overflow(n, units[i].nsec, &add) ||
		    __builtin_add_overflow(total, add, &total))
			return -EINVAL;
		text += len;
	}
	*ret_nsec = total;
	return 0;
}

json_t *words_array(const char *arg)
{
	json_t *list = NULL;
	const json_t *item;
	size_t i;

	if (*arg == '[')
		(void)json_read(arg, strlen(arg), "list", &list, NULL);
	json_array_foreach (list, i, item) {
		if (!json_is_string(item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
