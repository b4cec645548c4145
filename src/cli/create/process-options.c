/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/process-options.h"

#include "base/str.h"

int process_user(const struct options *o, char **ret, struct err *err)
{
	const char *user = options_value(o, "user"), *uid = options_value(o, "uid");
	const char *gid = options_value(o, "gid");

	*ret = NULL;
	if (user)
		*ret = strdup(user);
	else if (uid || gid)
		*ret = str_printf("%s%s%s", uid ? uid : "", gid ? ":" : "", gid ? gid : "");
	return *ret || !(user || uid || gid) ? 0 : err_nomem(err);
}

const char *process_dir(const struct options *o)
{
	const char *dir = options_value(o, "workdir");

	return dir ? dir : options_value(o, "cwd");
}
