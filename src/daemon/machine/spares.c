/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One thread makes spares and clears away, whatever takes time; starts only
 * take a ready one out of the list.  It works while no start is under way, and sleeps until
 * something happens: it has to make one, one has died, or all were idle for too long.
 *
 * There is one kind of machine at a time: that of the first start, and then of whichever was
 * started twice in a row.  Spares of another kind go.  How many are kept is in spare-goal.h.
 */
#include "daemon/machine/spares.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "control/names.h"
#include "daemon/machine/memory.h"
#include "daemon/machine/spare-make.h"

#define IDLE_USEC  (600 * USEC_PER_SEC) /* without a start: then the spares go */
#define RETRY_USEC (60 * USEC_PER_SEC)	/* after one that could not be made */
#define FDS_MAX	   (SPARES_MAX + 1)
#define QUIET_USEC (150 * USEC_PER_MSEC) /* after a start: what is short-lived is over by then */

struct spares {
	struct machines *ms;
	int dir_fd; /* $ROOT/spares, with the image of the rehearsal */
	int wake_fd;
	bool has_image;

	pthread_mutex_t lock; /* guards the rest */
	struct spare_goal goal;
	unsigned starting;
	char key[TEMPLATE_KEY_LEN + 1];	 /* the kind of machine; "": none yet */
	char last[TEMPLATE_KEY_LEN + 1]; /* that of the last start */
	struct machine_plan plan;	 /* how to make one */
	uint64_t used_usec;
	uint64_t not_before_usec; /* no spare is made */
	struct spare *ready, *waste;
	unsigned n_ready;
};

static void wake_keeper(struct spares *s)
{
	(void)eventfd_write(s->wake_fd, 1);
}

static void push_spare(struct spare **list, struct spare *m)
{
	m->next = *list;
	*list = m;
}

static struct spare *pop_spare(struct spare **at)
{
	struct spare *m = *at;

	*at = m->next;
	return m;
}

/* Moves a ready spare to those that are to be ended.  This and the functions up to keep_spares()
 * are called with the lock held. */
static void discard_spare(struct spares *s, struct spare **at)
{
	s->n_ready--;
	push_spare(&s->waste, pop_spare(at));
}

static bool is_idle(const struct spares *s)
{
	return clock_mono_usec() >= s->used_usec + IDLE_USEC;
}

static void sort_out(struct spares *s)
{
	struct spare **at = &s->ready;
	unsigned wanted = spare_goal_now(&s->goal, clock_mono_usec());

	while (*at) {
		if (s->n_ready > wanted || is_idle(s) || !streq((*at)->key, s->key) ||
		    spare_is_done(*at))
			discard_spare(s, at);
		else
			at = &(*at)->next;
	}
}

static bool wants_more(struct spares *s)
{
	return s->key[0] && s->n_ready < spare_goal_now(&s->goal, clock_mono_usec()) &&
	       s->starting == 0 && !is_idle(s);
}

static void wait_with_making(struct spares *s, uint64_t usec)
{
	uint64_t until = clock_mono_usec() + usec;

	if (s->not_before_usec < until)
		s->not_before_usec = until;
}

/* Makes a spare, for which it lets go of the lock. */
static void make_one(struct spares *s)
{
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	struct spare *m = NULL;
	struct err err = { 0 };
	int r = machine_plan_copy(&s->plan, &plan) < 0 ? err_nomem(&err) : 0;

	pthread_mutex_unlock(&s->lock);
	if (r == 0 && !s->has_image)
		r = spare_rehearsal_image(s->dir_fd, &err);
	s->has_image = r == 0;
	if (r == 0)
		r = spare_make(s->ms, &plan, &m, &err);
	pthread_mutex_lock(&s->lock);
	if (r == 0) {
		push_spare(&s->ready, m);
		s->n_ready++;
	} else {
		log_warning("no spare machine: %s", err.msg);
		wait_with_making(s, RETRY_USEC);
	}
}

/* Ends one spare, or makes one.  Return: was there anything to do? */
static bool do_next_task(struct spares *s)
{
	struct spare *m;

	sort_out(s);
	m = s->waste ? pop_spare(&s->waste) : NULL;
	if (m) {
		pthread_mutex_unlock(&s->lock);
		spare_end(s->ms, m);
		pthread_mutex_lock(&s->lock);
		return true;
	}
	if (!wants_more(s) || clock_mono_usec() < s->not_before_usec)
		return false;
	make_one(s);
	return true;
}

/* How long to sleep if nothing happens; -1: for ever. */
static int timeout_msec(struct spares *s)
{
	uint64_t now = clock_mono_usec(), next = spare_goal_next(&s->goal);

	if (s->n_ready > 0 && s->used_usec + IDLE_USEC < next)
		next = s->used_usec + IDLE_USEC;
	if (wants_more(s) && s->not_before_usec < next)
		next = s->not_before_usec;
	return next == UINT64_MAX ? -1 : next <= now ? 0 : (int)((next - now) / USEC_PER_MSEC) + 1;
}

static nfds_t add_all(struct pollfd *fds, nfds_t n, const struct spare *list)
{
	for (; list && n < FDS_MAX; list = list->next)
		fds[n++] = (struct pollfd){ .fd = list->fd, .events = POLLIN };
	return n;
}

/* A shim says nothing while its spare waits: a connection that can be read has ended. */
static void sleep_for_news(struct spares *s)
{
	struct pollfd fds[FDS_MAX] = { { .fd = s->wake_fd, .events = POLLIN } };
	nfds_t n = add_all(fds, 1, s->ready);
	int timeout = timeout_msec(s);
	eventfd_t ignored;

	pthread_mutex_unlock(&s->lock);
	(void)poll(fds, n, timeout);
	(void)eventfd_read(s->wake_fd, &ignored);
	pthread_mutex_lock(&s->lock);
}

/* The thread, which runs as long as the process.  Spares of a moatd that ended are ended by
 * their shims. */
static void *keep_spares(void *arg)
{
	struct spares *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;)
		if (!do_next_task(s))
			sleep_for_news(s);
	return NULL;
}

void spares_start_begins(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	s->starting++;
	pthread_mutex_unlock(&s->lock);
}

void spares_start_ends(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	s->starting--;
	wait_with_making(s, QUIET_USEC);
	pthread_mutex_unlock(&s->lock);
	wake_keeper(s);
}

static void forget_kind(struct spares *s)
{
	machine_plan_reset(&s->plan);
	spare_goal_set(&s->goal, s->goal.bounds);
	s->key[0] = '\0';
	s->not_before_usec = 0;
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

static struct spare *take_ready(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
				const struct machine_plan *plan)
{
	struct spare *m = NULL;

	pthread_mutex_lock(&s->lock);
	note_kind(s, key, plan);
	while (s->ready && spare_is_done(s->ready))
		discard_spare(s, &s->ready);
	if (s->ready && streq(s->ready->key, key)) {
		m = pop_spare(&s->ready);
		s->n_ready--;
	}
	if (streq(s->key, key))
		spare_goal_start(&s->goal, m != NULL, s->used_usec);
	pthread_mutex_unlock(&s->lock);
	return m;
}

struct spare *spares_claim(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
			   const struct machine_plan *plan)
{
	return take_ready(s, key, plan);
}

void spares_waste(struct spares *s, struct spare *m)
{
	pthread_mutex_lock(&s->lock);
	push_spare(&s->waste, m);
	pthread_mutex_unlock(&s->lock);
	wake_keeper(s);
}

void spares_expect(struct spares *s, const char key[TEMPLATE_KEY_LEN + 1],
		   const struct machine_plan *plan)
{
	pthread_mutex_lock(&s->lock);
	if (!s->key[0])
		note_kind(s, key, plan);
	pthread_mutex_unlock(&s->lock);
	wake_keeper(s);
}

void spares_forget(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	forget_kind(s);
	s->last[0] = '\0';
	pthread_mutex_unlock(&s->lock);
	wake_keeper(s);
}

void spares_set(struct spares *s, struct spare_bounds bounds)
{
	pthread_mutex_lock(&s->lock);
	spare_goal_set(&s->goal, bounds);
	s->not_before_usec = 0;
	pthread_mutex_unlock(&s->lock);
	wake_keeper(s);
}

/* What is told of a spare.  It is a copy, as measuring takes time and is done without the lock.
 * */
struct view {
	char name[sizeof(((struct spare *)0)->name)];
	char key[TEMPLATE_KEY_LEN + 1];
	pid_t pid, engine_pid;
};

static size_t view_all(struct spares *s, struct view *ret, struct spare_goal *ret_goal)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (const struct spare *m = s->ready; m && n < SPARES_MAX; m = m->next, n++) {
		ret[n] = (struct view){ .pid = m->pid, .engine_pid = m->engine_pid };
		memcpy(ret[n].name, m->name, sizeof(m->name));
		memcpy(ret[n].key, m->key, sizeof(m->key));
	}
	*ret_goal = s->goal;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static int64_t disk_bytes(const struct spares *s, const char *name, const char *file)
{
	cleanup_free char *path = str_printf("%s/%s", name, file);
	struct stat sb;

	return path && fstatat(s->ms->dir_fd, path, &sb, AT_SYMLINK_NOFOLLOW) == 0
		       ? sb.st_blocks * 512
		       : 0;
}

static json_t *describe_spare(const struct spares *s, const struct view *v)
{
	int64_t memory = memory_of_process(v->pid) + memory_of_process(v->engine_pid);
	int64_t disk =
		disk_bytes(s, v->name, LAYER_FILE) + disk_bytes(s, v->name, SPARE_NEW_LAYER_FILE);

	return json_pack("{s:i, s:s, s:I, s:I}", "Pid", (int)v->engine_pid, "Template", v->key,
			 "MemoryBytes", (json_int_t)memory, "DiskBytes", (json_int_t)disk);
}

json_t *spares_describe(struct spares *s)
{
	cleanup_json json_t *list = json_array();
	struct view views[SPARES_MAX];
	struct spare_goal goal;
	size_t n = view_all(s, views, &goal);
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = json_array_append_new(list, describe_spare(s, &views[i]));
	if (r < 0)
		return NULL;
	return json_pack("{s:i, s:i, s:i, s:O}", "Least", (int)goal.bounds.least, "Most",
			 (int)goal.bounds.most, "Wanted",
			 (int)spare_goal_now(&goal, clock_mono_usec()), "Machines", list);
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
	r = thread_start(NULL, keep_spares, s);
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
