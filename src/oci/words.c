/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

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
