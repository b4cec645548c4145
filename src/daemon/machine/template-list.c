/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/template-list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/machine/template-files.h"
#include "daemon/machine/template-inner.h"
#include "kernel/store.h"

#define IDLE_USEC     (600 * USEC_PER_SEC) /* memory unused for so long is given up */
#define UNUSED_SEC    (7 * 86400)	   /* a template unused for so long is removed */
#define TEMPLATES_MAX 8u

/* A template on the disk, in use or not. */
struct template_found {
	char key[TEMPLATE_KEY_LEN + 1];
	struct template_info info;
	bool valid; /* @info is filled; false: damaged */
	int64_t used_nsec;
	uint64_t disk_bytes;
};

/* Can a template's folder have this name? */
static bool is_key(const char *name)
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

	if (!is_key(name))
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

/* Finds the templates on the disk.  @ret: an array, owned by the caller; the one used last comes
 * first */
static int find_all(int dir_fd, struct template_found **ret, size_t *ret_n)
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

static int remove_locked(struct templates *t, const char *key)
{
	struct template *e = template_find(t, key);

	if (e && template_is_busy(e))
		return -EBUSY;
	if (e)
		template_unload(e);
	if (faccessat(t->dir_fd, key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return path_remove_tree(t->dir_fd, key);
}

int template_remove(struct templates *t, const char *key)
{
	if (!is_key(key))
		return -ENOENT;
	mutex_hold(&t->lock);
	return remove_locked(t, key);
}

static json_t *describe_template(const struct template_found *f, const struct template *e)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "Key", f->key, "Kernel",
			 f->info.kernel, "Engine", f->info.engine, "Cpus", (json_int_t)f->info.cpus,
			 "MemoryBytes", (json_int_t)f->info.memory_bytes, "DiskBytes",
			 (json_int_t)f->disk_bytes, "CreatedNsec", (json_int_t)f->info.created_nsec,
			 "UsedNsec", (json_int_t)f->used_nsec, "Loaded",
			 e && e->state == TEMPLATE_READY);
}

json_t *templates_describe(struct templates *t)
{
	cleanup_json json_t *list = json_array();
	cleanup_free struct template_found *found = NULL;
	size_t n = 0;
	int r = list ? 0 : -ENOMEM;

	mutex_hold(&t->lock);
	if (r == 0)
		r = find_all(t->dir_fd, &found, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (found[i].valid)
			r = json_array_append_new(
				list, describe_template(&found[i], template_find(t, found[i].key)));
	return r == 0 ? take_ptr(list) : NULL;
}

static void unload_idle(struct templates *t)
{
	uint64_t now = clock_mono_usec();

	for (struct template *e = t->first; e; e = e->next)
		if (e->state == TEMPLATE_READY && !template_is_busy(e) &&
		    now > e->used_usec + IDLE_USEC)
			template_unload(e);
}

void templates_tidy(struct templates *t)
{
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	cleanup_free struct template_found *found = NULL;
	int64_t oldest = clock_now_nsec() - (int64_t)UNUSED_SEC * (int64_t)NSEC_PER_SEC;
	bool has_kernel = kernel_current(t->ms->kernels, &kernel, NULL) == 0;
	size_t n = 0;

	mutex_hold(&t->lock);
	unload_idle(t);
	if (find_all(t->dir_fd, &found, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct template_found *f = &found[i];
		bool other = has_kernel && f->valid && !streq(f->info.kernel, kernel.hash) &&
			     !kernel_is_own(t->ms->kernels, f->info.kernel);

		if (f->valid && !other && i < TEMPLATES_MAX && f->used_nsec >= oldest)
			continue;
		if (remove_locked(t, f->key) == 0)
			log_info("template %.12s removed: %s", f->key,
				 !f->valid ? "damaged"
				 : other   ? "of another kernel"
					   : "not used any more");
	}
}
