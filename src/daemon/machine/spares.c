/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spares-inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/machine/spare-make.h"

#define QUIET_USEC (150 * USEC_PER_MSEC) /* after a start: brief containers are over by then */

static void spares_wake(struct spares *s)
{
	(void)eventfd_write(s->wake_fd, 1);
}

void spares_discard(struct spares *s, struct spare **at)
{
	s->n_ready--;
	spare_push(&s->waste, spare_pop(at));
}

void spares_start_begins(struct spares *s)
{
	mutex_hold(&s->lock);
	s->starting++;
}

void spares_start_ends(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	s->starting--;
	s->quiet_usec = clock_mono_usec() + QUIET_USEC;
	pthread_mutex_unlock(&s->lock);
	spares_wake(s);
}

static void forget_kind(struct spares *s)
{
	machine_plan_reset(&s->plan);
	spare_goal_set(&s->goal, s->goal.bounds);
	s->key[0] = '\0';
	s->quiet_usec = s->retry_usec = s->forkable_usec = 0;
	s->unforkable = 0;
}

/* Notes the kind of machine that a start wanted.  Spares are made of another kind only when it
 * is wanted twice in a row: one start is no reason to end what is ready. */
static void note_kind(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
		      const struct machine_plan *plan)
{
	bool again = streq(s->last, key);

	s->used_usec = clock_mono_usec();
	memcpy(s->last, key, sizeof(s->last));
	if (streq(s->key, key) || (s->key[0] && !again))
		return;
	forget_kind(s);
	if (machine_plan_copy(plan, &s->plan) == 0)
		memcpy(s->key, key, sizeof(s->key));
}

struct spare *spares_claim(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
			   const struct machine_plan *plan)
{
	struct spare *m = NULL;
	bool hurries;

	pthread_mutex_lock(&s->lock);
	note_kind(s, key, plan);
	while (s->ready && spare_is_done(s->ready))
		spares_discard(s, &s->ready);
	if (s->ready && streq(s->ready->key, key)) {
		m = spare_pop(&s->ready);
		s->n_ready--;
	}
	if (streq(s->key, key))
		spare_goal_start(&s->goal, m != NULL, s->used_usec);
	hurries = spare_goal_in_a_row(&s->goal, s->used_usec);
	pthread_mutex_unlock(&s->lock);
	if (hurries)
		spares_wake(s);
	return m;
}

int spares_zygote(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1])
{
	int fd = -1;

	mutex_hold(&s->lock);
	if (s->zygote && s->proven && streq(s->zygote->key, key))
		fd = fcntl(s->zygote->forks_fd, F_DUPFD_CLOEXEC, 0);
	return fd;
}

void spares_waste(struct spares *s, struct spare *m)
{
	pthread_mutex_lock(&s->lock);
	spare_push(&s->waste, m);
	pthread_mutex_unlock(&s->lock);
	spares_wake(s);
}

void spares_expect(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
		   const struct machine_plan *plan)
{
	pthread_mutex_lock(&s->lock);
	if (!s->key[0])
		note_kind(s, key, plan);
	pthread_mutex_unlock(&s->lock);
	spares_wake(s);
}

void spares_forget(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	forget_kind(s);
	s->last[0] = '\0';
	pthread_mutex_unlock(&s->lock);
	spares_wake(s);
}

void spares_set(struct spares *s, struct spare_bounds bounds)
{
	pthread_mutex_lock(&s->lock);
	spare_goal_set(&s->goal, bounds);
	s->quiet_usec = s->retry_usec = 0;
	pthread_mutex_unlock(&s->lock);
	spares_wake(s);
}

static int open_parts(struct spares *s, struct err *err)
{
	int r = path_remove_tree(s->ms->root_fd, "spares");

	if (r == 0)
		r = path_open_dir(s->ms->root_fd, "spares", 0700, &s->dir_fd);
	if (r < 0)
		return err_errno(err, r, "%s/spares", s->ms->root);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0)
		return err_errno(err, -errno, "spare machines");
	r = thread_start(NULL, spares_keep, s);
	return r < 0 ? err_errno(err, r, "spare machines") : 0;
}

int spares_open(struct machines *ms, struct spare_bounds bounds, struct spares **ret,
		struct err *err)
{
	struct spares *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_nomem(err);
	s->ms = ms;
	spare_goal_set(&s->goal, bounds);
	s->dir_fd = s->wake_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	r = open_parts(s, err);
	if (r == 0) {
		*ret = s;
		return 0;
	}
	fd_close(&s->dir_fd);
	fd_close(&s->wake_fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return r;
}

struct warm_up {
	struct machines *machines;
	struct machine_plan plan; /* owned */
};

static void *run_warm_up(void *arg)
{
	cleanup(template_use_reset) struct template_use use = { .memory_fd = -1, .state_fd = -1 };
	struct warm_up *w = arg;
	struct err err = { 0 };

	/* The store has logged a failure; the first start tries again. */
	if (template_take(w->machines->templates, &w->plan, &use, &err) == 0)
		spares_expect(w->machines->spares, use.key, &w->plan);
	machine_plan_reset(&w->plan);
	free(w);
	return NULL;
}

int spares_warm_up(struct machines *ms, struct machine_plan *plan, struct err *err)
{
	struct warm_up *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return err_nomem(err);
	w->machines = ms;
	w->plan = *plan;
	r = thread_start(NULL, run_warm_up, w);
	if (r < 0) {
		free(w);
		return err_errno(err, r, "template");
	}
	*plan = (struct machine_plan){ 0 };
	return 0;
}
