/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The "filters" parameter, up to the first line's end, and a name that is asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const allowed[] = {
		"name", "label", "label!", "until", "dangling", NULL
	};
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_free char *text = strndup((const char *)data, size);
	char *name = text ? text + strcspn(text, "\n") : NULL;
	struct pattern *p = NULL;
	struct err err = { 0 };
	int64_t until;

	if (!text)
		return 0;
	if (*name)
		*name++ = '\0';
	if (filters_parse(text, allowed, &f, &err) < 0) {
		if (!*err.msg)
			abort();
		return 0;
	}
	(void)filters_until(&f, &until, &err);
	(void)filters_exact(&f, "name", name);
	if (filters_count(&f, "dangling") > 0)
		(void)filters_true(filters_value(&f, "dangling", 0));
	if (filters_pattern(&f, "name", &p, &err) == 0 && p) {
		bool fits = pattern_fits(p, name);

		if (fits != pattern_fits(p, name))
			abort();
	}
	pattern_free(p);
	return 0;
}
