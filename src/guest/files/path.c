/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves paths of a container.  Its symbolic links are hostile: they are counted, and lead only
 * to places within the root of this process, which is the container's. */
#include "guest/files/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path-text.h"
#include "base/str.h"

#define LINKS_MAX 40u

static int open_folder(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int files_locate(const char *path, int *ret_fd, char **ret_name)
{
	bool folder = str_ends(path, "/") || path_is_dot(path);
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = NULL, *name = NULL;
	int fd;

	if (!slash)
		return -EINVAL;
	parent = folder ? strdup(path) : strndup(path, (size_t)(slash - path) + 1);
	name = strdup(folder ? "." : slash + 1);
	if (!parent || !name)
		return -ENOMEM;
	fd = open_folder(parent);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	*ret_name = take_ptr(name);
	return 0;
}

/* Puts a link's target in front of what is left to go.  Return: 0; -ENOMEM. */
static int put_before(char **todo, const char *target, const char *rest)
{
	char *next = str_printf("%s/%s", target, rest);

	if (!next)
		return -ENOMEM;
	free(*todo);
	*todo = next;
	return 0;
}

int files_follow(const char *path, char **ret)
{
	cleanup(buf_reset) struct buf done = BUF_INIT;
	cleanup_free char *todo = strdup(path);
	const char *at = todo;
	unsigned links = 0;

	if (!todo || buf_adds(&done, "") < 0)
		return -ENOMEM;
	while (at && *at) {
		size_t len = strcspn(at, "/"), before = done.len;
		const char *rest = at + len + strspn(at + len, "/");
		char target[PATH_MAX];
		ssize_t n;

		if (len == 0 || (len == 1 && *at == '.')) {
			at = rest;
			continue;
		}
		if (len == 2 && memcmp(at, "..", 2) == 0) {
			path_drop_last(&done);
			at = rest;
			continue;
		}
		if (buf_adds(&done, "/") < 0 || buf_add(&done, at, len) < 0)
			return -ENOMEM;
		n = readlink(done.data, target, sizeof(target) - 1);
		at = rest;
		if (n < 0)
			continue;
		if (++links > LINKS_MAX)
			return -ELOOP;
		target[n] = '\0';
		done.len = *target == '/' ? 0 : before;
		done.data[done.len] = '\0';
		if (put_before(&todo, target, rest) < 0)
			return -ENOMEM;
		at = todo;
	}
	*ret = done.len > 0 ? buf_take(&done) : strdup("/");
	return *ret ? 0 : -ENOMEM;
}
