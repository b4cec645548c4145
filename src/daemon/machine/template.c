/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A template in use has its memory in a sealed memfd, which every machine
 * restored from it maps privately: pages are shared until they are written to, and nobody can
 * change them.  The first start of a kind of machine makes the template and goes on with it, while
 * a thread writes it to the disk; after a restart of moatd it is read and checked at its first use.
 *
 * Each entry is UNKNOWN, BUSY with one thread that loads or makes it while others wait, READY, or
 * FAILED, and then machines are booted until RETRY_USEC have passed.
 */
#include "daemon/machine/template-inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/machine/template-list.h"
#include "daemon/machine/template-make.h"

#define STAGING_PREFIX ".new-"
#define RETRY_USEC     (60 * USEC_PER_SEC)

void template_use_reset(struct template_use *u)
{
	fd_close(&u->memory_fd);
	fd_close(&u->state_fd);
}

struct template *template_find(struct templates *t, const char *key)
{
	struct template *e = t->first;

	while (e && !streq(e->key, key))
		e = e->next;
	return e;
}

void template_unload(struct template *e)
{
	fd_close(&e->memory_fd);
	fd_close(&e->dir_fd);
	e->state = TEMPLATE_UNKNOWN;
	e->distrusted = false;
}

bool template_is_busy(const struct template *e)
{
	return e->state == TEMPLATE_BUSY || e->saving;
}

static struct template *find_or_add(struct templates *t, const char *key)
{
	struct template *e = template_find(t, key);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	memcpy(e->key, key, sizeof(e->key));
	e->dir_fd = e->memory_fd = -1;
	e->next = t->first;
	t->first = e;
	return e;
}

struct saver {
	struct templates *t;
	struct template *e;
	struct machine_plan plan; /* a copy; what it points to stays the caller's */
	int dir_fd, memory_fd;	  /* of the entry, which leaves them open while @saving */
};

static int publish_template(struct templates *t, const char *key)
{
	cleanup_free char *staging = str_printf(STAGING_PREFIX "%s", key);

	if (!staging)
		return -ENOMEM;
	if (renameat(t->dir_fd, staging, t->dir_fd, key) < 0 || fsync(t->dir_fd) < 0)
		return -errno;
	return 0;
}

/* The thread that writes a template to the disk.  Where that fails, the template is used as long
 * as moatd runs. */
static void *save_template(void *arg)
{
	struct saver *s = arg;
	struct err err = { 0 };
	int r = template_save(s->dir_fd, s->memory_fd, s->e->key, &s->plan, &err);

	if (r == 0) {
		r = publish_template(s->t, s->e->key);
		if (r < 0)
			err_errno(&err, r, "template");
	}
	if (r < 0)
		log_warning("template %.12s is not kept: %s", s->e->key, err.msg);
	pthread_mutex_lock(&s->t->lock);
	s->e->saving = false;
	pthread_cond_broadcast(&s->t->changed);
	pthread_mutex_unlock(&s->t->lock);
	templates_tidy(s->t);
	free(s);
	return NULL;
}

static int save_in_background(struct templates *t, struct template *e,
			      const struct machine_plan *plan)
{
	struct saver *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct saver){ t, e, *plan, e->dir_fd, e->memory_fd };
	e->saving = true;
	r = thread_start(NULL, save_template, s);
	if (r < 0) {
		e->saving = false;
		free(s);
	}
	return r;
}

static int load_template(struct templates *t, struct template *e, struct err *err)
{
	cleanup_close int dir_fd =
		openat(t->dir_fd, e->key, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r = dir_fd < 0 ? err_errno(err, -errno, "template %.12s", e->key)
			   : template_load(dir_fd, e->key, &e->memory_fd, err);

	if (r == 0)
		e->dir_fd = take_fd(&dir_fd);
	return r;
}

static int make_template(struct templates *t, struct template *e, const struct machine_plan *plan,
			 struct err *err)
{
	cleanup_free char *name = str_printf(STAGING_PREFIX "%s", e->key);
	cleanup_free char *path =
		str_printf("%s/templates/" STAGING_PREFIX "%s", t->ms->root, e->key);
	uint64_t begun = clock_mono_usec();
	int r;

	if (!name || !path)
		return err_nomem(err);
	r = path_remove_tree(t->dir_fd, name);
	if (r == 0)
		r = path_open_dir(t->dir_fd, name, 0700, &e->dir_fd);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	r = template_make(
		&(struct template_site){ t->ms->shim_path, path, e->dir_fd, &t->ms->taps }, plan,
		&e->memory_fd, err);
	if (r == 0) {
		r = save_in_background(t, e, plan);
		if (r < 0)
			err_errno(err, r, "a template's thread");
	}
	if (r < 0) {
		template_unload(e);
		(void)path_remove_tree(t->dir_fd, name);
		return r;
	}
	log_info("template %.12s made in %llu ms", e->key,
		 (unsigned long long)((clock_mono_usec() - begun) / USEC_PER_MSEC));
	return 0;
}

/* Called only by the thread that made the entry BUSY. */
static int load_or_make(struct templates *t, struct template *e, bool distrusted,
			const struct machine_plan *plan, struct err *err)
{
	int r = distrusted ? -EBADMSG : load_template(t, e, err);

	if (r == 0)
		return 0;
	if (r != -ENOENT) {
		log_warning("template %.12s is thrown away: %s", e->key,
			    distrusted ? "a machine could not be restored from it" : err->msg);
		(void)path_remove_tree(t->dir_fd, e->key);
	}
	return make_template(t, e, plan, err);
}

/* Notes on the disk when the template was used last, for templates_tidy(). */
static void touch_template(const struct template *e)
{
	(void)utimensat(e->dir_fd, TEMPLATE_INFO_FILE, NULL, 0);
}

static int use_template(struct template *e, struct template_use *ret)
{
	struct template_use u = { .memory_fd = fcntl(e->memory_fd, F_DUPFD_CLOEXEC, 0) };

	memcpy(u.key, e->key, sizeof(u.key));
	u.state_fd = openat(e->dir_fd, TEMPLATE_STATE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (u.memory_fd < 0 || u.state_fd < 0) {
		int r = -errno;

		template_use_reset(&u);
		return r;
	}
	e->used_usec = clock_mono_usec();
	touch_template(e);
	*ret = u;
	return 0;
}

/* Makes the entry READY or FAILED.  Called with the lock held, which it lets go of while it
 * loads or makes the template. */
static int get_ready(struct templates *t, struct template *e, const struct machine_plan *plan,
		     struct err *ret_err)
{
	bool distrusted = e->distrusted;
	struct err err = { 0 };
	int r;

	template_unload(e);
	e->state = TEMPLATE_BUSY;
	pthread_mutex_unlock(&t->lock);
	r = load_or_make(t, e, distrusted, plan, &err);
	if (r < 0)
		log_warning("machines are booted, as their template cannot be made: %s", err.msg);
	pthread_mutex_lock(&t->lock);
	e->state = r < 0 ? TEMPLATE_FAILED : TEMPLATE_READY;
	e->used_usec = clock_mono_usec();
	pthread_cond_broadcast(&t->changed);
	return r < 0 ? err_set(ret_err, -EIO, "the template could not be made: %s", err.msg) : 0;
}

static int take_locked(struct templates *t, struct template *e, const struct machine_plan *plan,
		       struct template_use *ret, struct err *err)
{
	int r = 0;

	while (e->state == TEMPLATE_BUSY || (e->distrusted && e->saving))
		pthread_cond_wait(&t->changed, &t->lock);
	if (e->state == TEMPLATE_UNKNOWN || e->distrusted ||
	    (e->state == TEMPLATE_FAILED && clock_mono_usec() > e->used_usec + RETRY_USEC))
		r = get_ready(t, e, plan, err);
	if (r < 0)
		return r;
	if (e->state != TEMPLATE_READY)
		return err_set(err, -EIO, "the template could not be made: see moatd's log");
	r = use_template(e, ret);
	return r < 0 ? err_errno(err, r, "template %.12s", e->key) : 0;
}

int template_take(struct templates *t, const struct machine_plan *plan, struct template_use *ret,
		  struct err *err)
{
	char key[TEMPLATE_KEY_LEN + 1];
	struct template *e;
	int r = machine_template_key(plan, key, err);

	if (r < 0)
		return r;
	mutex_hold(&t->lock);
	e = find_or_add(t, key);
	r = e ? take_locked(t, e, plan, ret, err) : err_nomem(err);
	return r;
}

void template_distrust(struct templates *t, const char *key)
{
	struct template *e;

	mutex_hold(&t->lock);
	e = template_find(t, key);
	if (e && e->state == TEMPLATE_READY)
		e->distrusted = true;
}

static int remove_staged(int dir_fd, const char *name, void *arg)
{
	(void)arg;
	if (str_starts(name, STAGING_PREFIX))
		(void)path_remove_tree(dir_fd, name);
	return 0;
}

int templates_open(struct machines *ms, struct templates **ret, struct err *err)
{
	struct templates *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_nomem(err);
	t->ms = ms;
	t->dir_fd = -1;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	r = path_open_dir(ms->root_fd, "templates", 0700, &t->dir_fd);
	if (r == 0)
		r = path_each(t->dir_fd, remove_staged, NULL);
	if (r < 0) {
		templates_close(t);
		return err_errno(err, r, "%s/templates", ms->root);
	}
	templates_tidy(t);
	*ret = t;
	return 0;
}

void templates_close(struct templates *t)
{
	if (!t)
		return;
	while (t->first) {
		struct template *e = t->first;

		t->first = e->next;
		template_unload(e);
		free(e);
	}
	fd_close(&t->dir_fd);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
