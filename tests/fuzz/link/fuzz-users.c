/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's reading of /etc/passwd and /etc/group: three texts with NUL between them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guest/process/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(user_reset) struct user u = { 0 };
	cleanup_free char *text = calloc(1, size + 3);
	const char *spec = text, *passwd, *group;
	struct err err = { 0 };

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	passwd = spec + strlen(spec) + 1;
	group = passwd < text + size ? passwd + strlen(passwd) + 1 : passwd;
	if (passwd > text + size)
		passwd = group = text + size;
	if (group > text + size)
		group = text + size;
	if (user_lookup(spec, passwd, group, &u, &err) == 0 && !u.home)
		abort();
	return 0;
}
