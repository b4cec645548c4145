/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/registry/challenge.h"
#include "image/registry/token.h"

/* The input is what a registry asks for, a WWW-Authenticate value a line; what is chosen is judged.
 */

#define VALUES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len), *rest = text,
	     *values[VALUES_MAX + 1] = { NULL };
	struct challenge c;

	if (!text)
		abort();
	for (size_t i = 0; rest && i < VALUES_MAX; i++)
		values[i] = strsep(&rest, "\n");
	if (challenge_choose(values, &c)) {
		if (c.kind == CHALLENGE_OTHER || (c.kind == CHALLENGE_BEARER && !*c.realm) ||
		    strpbrk(c.realm, "\r\n") || strpbrk(c.service, "\r\n"))
			abort();
		(void)token_check_realm(c.realm, "http://127.0.0.1:5000/v2/", NULL, NULL);
	}
	(void)token_valid(text);
	free(text);
	return 0;
}
