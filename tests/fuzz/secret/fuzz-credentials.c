/* SPDX-License-Identifier: Apache-2.0 */
/* What a credential helper answers, and what stands in a file of logins; what is read is written
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "secret/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(credentials_reset) struct credentials answered = { 0 }, stored = { 0 },
						      again = { 0 };
	cleanup_json json_t *obj = NULL, *copy = NULL;
	struct err err = { 0 };

	if (helper_read_answer((const char *)data, size, &answered, &err) < 0 && !*err.msg)
		abort();
	if (json_read((const char *)data, size, "login", &obj, NULL) < 0 ||
	    credentials_read(obj, &stored, NULL) < 0 || !credentials_are_set(&stored))
		return 0;
	copy = json_pack("{s:s*, s:s*, s:s*}", "username", stored.username, "password",
			 stored.password, "identitytoken", stored.identity_token);
	if (copy && (credentials_read(copy, &again, NULL) < 0 ||
		     (stored.password &&
		      strcmp(stored.password, again.password ? again.password : "") != 0 &&
		      *stored.password)))
		abort();
	return 0;
}
