/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/template-scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/path.h"
#include "base/str.h"

bool template_is_key(const char *name)
{
	return strlen(name) == TEMPLATE_KEY_LEN && hex_is_lower(name, TEMPLATE_KEY_LEN);
}

static void inspect_template(int dir_fd, struct template_found *f)
{
	static const char *const files[] = { TEMPLATE_STATE_FILE, TEMPLATE_MEMORY_FILE };
	cleanup_close int fd = openat(dir_fd, f->key, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat sb;

	f->valid = fd >= 0 && template_info_load(fd, &f->info, NULL) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (fd >= 0 && fstatat(fd, files[i], &sb, AT_SYMLINK_NOFOLLOW) == 0)
			f->disk_bytes += (uint64_t)sb.st_blocks * 512;
	if (fd >= 0 && fstatat(fd, TEMPLATE_INFO_FILE, &sb, AT_SYMLINK_NOFOLLOW) == 0)
		f->used_nsec =
			(int64_t)sb.st_mtim.tv_sec * (int64_t)NSEC_PER_SEC + sb.st_mtim.tv_nsec;
}

/* Sorts by time of use, the last first. */
static int by_use(const void *a, const void *b)
{
	const struct template_found *x = a, *y = b;

	return x->used_nsec < y->used_nsec ? 1 : x->used_nsec > y->used_nsec ? -1 : 0;
}

struct scan {
	struct template_found *list; /* owned */
	size_t n;
};

static int add_found(int dir_fd, const char *name, void *arg)
{
	struct scan *s = arg;
	struct template_found *grown;

	if (!template_is_key(name))
		return 0;
	grown = reallocarray(s->list, s->n + 1, sizeof(*s->list));
	if (!grown)
		return -ENOMEM;
	s->list = grown;
	s->list[s->n] = (struct template_found){ 0 };
	memcpy(s->list[s->n].key, name, TEMPLATE_KEY_LEN);
	inspect_template(dir_fd, &s->list[s->n++]);
	return 0;
}

int templates_scan(int dir_fd, struct template_found **ret, size_t *ret_n)
{
	struct scan s = { 0 };
	int r = path_each(dir_fd, add_found, &s);

	if (r < 0) {
		free(s.list);
		return r;
	}
	if (s.n > 0)
		qsort(s.list, s.n, sizeof(*s.list), by_use);
	*ret = s.list;
	*ret_n = s.n;
	return 0;
}
