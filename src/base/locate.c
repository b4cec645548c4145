/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int give_path(char *path, char **ret, struct err *err)
{
	if (!path)
		return err_nomem(err);
	*ret = path;
	return 0;
}

int locate_root(char **ret, struct err *err)
{
	const char *root = variable("MOAT_ROOT"), *dir;

	if (root && root[0] != '/')
		return err_set(err, -EINVAL, "MOAT_ROOT must be an absolute path, not \"%s\"",
			       root);
	if (root)
		return give_path(strdup(root), ret, err);
	if (geteuid() == 0)
		return give_path(strdup("/var/lib/moat"), ret, err);
	dir = variable("XDG_DATA_HOME");
	if (dir && dir[0] == '/')
		return give_path(str_printf("%s/moat", dir), ret, err);
	dir = variable("HOME");
	if (dir && dir[0] == '/')
		return give_path(str_printf("%s/.local/share/moat", dir), ret, err);
	return err_set(err, -ENOENT, "no place for moat's data: set HOME or MOAT_ROOT");
}

int locate_root_failed(const char *root, int r, struct err *err)
{
	bool denied = r == -EACCES || r == -EPERM || r == -EROFS;

	return err_set(err, r, "make the data root %s: %s%s", root, strerror(-r),
		       denied ? "; set HOME, XDG_DATA_HOME or MOAT_ROOT to a folder in which this "
				"user may write"
			      : "");
}

int locate_socket_parse(const char *text, const char *what, char **ret, struct err *err)
{
	const char *path = str_starts(text, "unix://");

	if (!path)
		path = text;
	if (path[0] != '/')
		return err_set(err, -EINVAL,
			       "%s must be unix:// and an absolute path, as in "
			       "unix:///run/moat/moat.sock, not \"%s\"",
			       what, text);
	return give_path(strdup(path), ret, err);
}

int locate_socket(char **ret, struct err *err)
{
	const char *host = variable("MOAT_HOST"), *runtime = variable("XDG_RUNTIME_DIR");
	cleanup_free char *root = NULL;
	int r;

	if (host)
		return locate_socket_parse(host, "MOAT_HOST", ret, err);
	if (!variable("MOAT_ROOT")) {
		if (geteuid() == 0)
			return give_path(strdup("/run/moat/moat.sock"), ret, err);
		if (runtime && runtime[0] == '/')
			return give_path(str_printf("%s/moat/moat.sock", runtime), ret, err);
	}
	r = locate_root(&root, err);
	if (r < 0)
		return r;
	return give_path(str_printf("%s/moat.sock", root), ret, err);
}

static int locate_beside(const char *name, int mode, char **ret, struct err *err)
{
	static const char *const places[] = { "", "/../libexec/moat" };
	cleanup_free char *dir = path_self_dir();

	if (!dir)
		return err_set(err, -ENOENT, "cannot find the folder of this program");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_free char *path = str_printf("%s%s/%s", dir, places[i], name);

		if (!path)
			return err_nomem(err);
		if (access(path, mode) == 0)
			return give_path(take_ptr(path), ret, err);
	}
	return err_set(err, -ENOENT, "cannot find %s beside this program (%s) nor in %s%s", name,
		       dir, dir, places[1]);
}

int locate_program(const char *name, char **ret, struct err *err)
{
	return locate_beside(name, X_OK, ret, err);
}

int locate_library(const char *name, char **ret, struct err *err)
{
	return locate_beside(name, R_OK, ret, err);
}
