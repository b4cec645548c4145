/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/template-list.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/machine/template-inner.h"
#include "daemon/machine/template-scan.h"
#include "kernel/store.h"

#define IDLE_USEC     (600 * USEC_PER_SEC) /* memory unused for so long is given up */
#define UNUSED_SEC    (7 * 86400)	   /* a template unused for so long is removed */
#define TEMPLATES_MAX 8u

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
	int r;

	if (!template_is_key(key))
		return -ENOENT;
	pthread_mutex_lock(&t->lock);
	r = remove_locked(t, key);
	pthread_mutex_unlock(&t->lock);
	return r;
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

	pthread_mutex_lock(&t->lock);
	if (r == 0)
		r = templates_scan(t->dir_fd, &found, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (found[i].valid)
			r = json_array_append_new(
				list, describe_template(&found[i], template_find(t, found[i].key)));
	pthread_mutex_unlock(&t->lock);
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

	pthread_mutex_lock(&t->lock);
	unload_idle(t);
	if (templates_scan(t->dir_fd, &found, &n) < 0)
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
	pthread_mutex_unlock(&t->lock);
}
