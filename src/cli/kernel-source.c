/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kernel-source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"

void kernel_source_reset(struct kernel_source *s)
{
	free(s->kernel);
	free(s->modules);
}

static bool is_dir(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

/* moatd may run in another folder, so it gets absolute paths. */
static int absolute_path(const char *path, char **ret, struct err *err)
{
	char *full = realpath(path, NULL);

	if (!full)
		return err_errno(err, -errno, "kernel %s", path);
	*ret = full;
	return 0;
}

/* Finds kernel and modules in a folder made by fetch-kernel or build-kernel. */
static int in_folder(const char *dir, struct kernel_source *ret, struct err *err)
{
	static const char *const names[] = { "vmlinux", "vmlinuz", "bzImage" };
	cleanup_free char *modules = str_printf("%s/modules", dir);

	if (!modules)
		return err_nomem(err);
	for (size_t i = 0; i < ARRAY_SIZE(names) && !ret->kernel; i++) {
		cleanup_free char *path = str_printf("%s/%s", dir, names[i]);

		if (!path)
			return err_nomem(err);
		if (access(path, R_OK) == 0 && absolute_path(path, &ret->kernel, err) < 0)
			return err->code;
	}
	if (!ret->kernel)
		return err_set(err, -ENOENT, "kernel %s: the folder has no vmlinux or vmlinuz",
			       dir);
	return is_dir(modules) && !ret->modules ? absolute_path(modules, &ret->modules, err) : 0;
}

int kernel_source_find(const char *path, const char *modules, struct kernel_source *ret,
		       struct err *err)
{
	int r = modules && *modules ? absolute_path(modules, &ret->modules, err) : 0;

	if (r < 0)
		return r;
	return is_dir(path) ? in_folder(path, ret, err) : absolute_path(path, &ret->kernel, err);
}
