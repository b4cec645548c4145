/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/mount-check.h"

#include <errno.h>
#include <stdlib.h>

#include "base/path-text.h"
#include "base/str.h"
#include "oci/volume-spec.h"

int mount_check_destination(const char *path, char **ret, struct err *err)
{
	char *plain;

	if (*path != '/')
		return err_set(err, -EINVAL, "invalid mount path: '%s' mount path must be absolute",
			       path);
	plain = path_plain(path);
	if (!plain)
		return err_nomem(err);
	if (streq(plain, "/")) {
		free(plain);
		return err_set(err, -EINVAL, "invalid specification: destination can't be '/'");
	}
	*ret = plain;
	return 0;
}

int mount_check_propagation(const char *word, struct err *err)
{
	if (!volume_propagation(word))
		return err_set(err, -EINVAL, "invalid propagation mode: %s", word);
	if (streq(word, "shared") || streq(word, "rshared"))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support propagation \"%s\": what a container mounts "
			       "is mounted in a kernel of its own",
			       word);
	return 0;
}

int mount_check_driver(const char *name, struct err *err)
{
	if (!name || !*name || streq(name, "local"))
		return 0;
	return err_set(err, -EINVAL, "error looking up volume plugin %s: plugin \"%s\" not found",
		       name, name);
}
