/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/volume/name.h"

#include <errno.h>
#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool has_valid_bytes(const char *name)
{
	return *name && strchr(ALPHANUMERIC, *name) &&
	       strspn(name, ALPHANUMERIC "_.-") == strlen(name);
}

bool volume_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 2 && len <= VOLUME_NAME_MAX && has_valid_bytes(name);
}

int volume_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len < 2)
		return err_set(err, -EINVAL,
			       "volume name is too short, names should be at least two "
			       "alphanumeric characters");
	if (len > VOLUME_NAME_MAX)
		return err_set(err, -EINVAL,
			       "volume name is too long, names should be at most %u characters",
			       VOLUME_NAME_MAX);
	if (!has_valid_bytes(name))
		return err_set(err, -EINVAL,
			       "\"%s\" includes invalid characters for a local volume name, only "
			       "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass "
			       "a host directory, use absolute path",
			       name);
	return 0;
}
