/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/command.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *command_reason(int code)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s", strerror(-code));
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

/* Return: 0; -EISDIR; -EACCES; -errno of stat(2). */
static int check_program(const char *path)
{
	struct stat sb;

	if (stat(path, &sb) < 0)
		return -errno;
	if (S_ISDIR(sb.st_mode))
		return -EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	if (errno != EPERM && errno != ENOSYS)
		return -errno;
	/* A container's seccomp profile may refuse faccessat(2); execve(2) decides anyway. */
	return sb.st_mode & 0111 ? 0 : -EACCES;
}

static int find_by_path(const char *path, char **ret, struct err *err)
{
	int r = check_program(path);

	if (r == -EISDIR)
		return err_set(err, -EACCES, "exec: \"%s\": is a directory: permission denied",
			       path);
	if (r == -EACCES)
		return err_set(err, r, "exec: \"%s\": permission denied", path);
	if (r < 0)
		return err_set(err, r, "exec: \"%s\": stat %s: %s", path, path, command_reason(r));
	*ret = strdup(path);
	return *ret ? 0 : err_nomem(err);
}

int command_find(const char *name, char *const *env, char **ret, struct err *err)
{
	const char *path = env_get(env, "PATH");

	if (strchr(name, '/'))
		return find_by_path(name, ret, err);
	if (!path)
		path = DEFAULT_PATH;
	while (*name && *path) {
		size_t len = strcspn(path, ":");
		cleanup_free char *file = len ? str_printf("%.*s/%s", (int)len, path, name)
					      : str_printf("./%s", name);

		if (!file)
			return err_nomem(err);
		if (check_program(file) == 0) {
			*ret = take_ptr(file);
			return 0;
		}
		path += len + (path[len] == ':');
	}
	return err_set(err, -ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}

int command_exec(char *const *args, char *const *env, struct err *err)
{
	cleanup_free char *path = NULL;
	int r = command_find(args[0], env, &path, err);

	if (r < 0)
		return r;
	execve(path, args, env);
	r = -errno;
	return err_set(err, r, "exec %s: %s", path, command_reason(r));
}
