/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One thread makes spares and clears away, whatever takes time; starts only
 * take a ready one out of the list.  It works while no start is under way, and sleeps until
 * something happens: it has to make one, one has died, or all were idle for too long.
 *
 * There is one kind of machine at a time: that of the first start, and then of whichever was
 * started twice in a row.  Spares of another kind go.
 */
#include "daemon/spares.h"

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
#include "daemon/memory.h"
#include "daemon/spare-make.h"

#define IDLE_USEC  (600 * USEC_PER_SEC)	 /* without a start: then the spares go */
#define RETRY_USEC (60 * USEC_PER_SEC)	 /* after one that could not be made */
#define QUIET_USEC (150 * USEC_PER_MSEC) /* after a start: what is short-lived is over by then */

struct spares {
	struct daemon *d;
	int dir_fd; /* $ROOT/spares */
	int wake_fd, quit_fd;
	pthread_t thread;
	bool running;
	bool has_image;

	pthread_mutex_t lock; /* guards the rest */
	unsigned wanted, starting;
	char key[TEMPLATE_KEY_LEN + 1];	 /* the kind of machine; "": none yet */
	char last[TEMPLATE_KEY_LEN + 1]; /* that of the last start */
	struct machine_plan plan;	 /* how to make one */
	uint64_t used_usec;
	uint64_t not_before_usec; /* no spare is made */
	uint64_t made;		  /* counts, for names */
	struct spare *ready, *waste;
	unsigned n_ready;
};

static void wake(struct spares *s)
{
	(void)eventfd_write(s->wake_fd, 1);
}

static void push(struct spare **list, struct spare *m)
{
	m->next = *list;
	*list = m;
}

static struct spare *pop(struct spare **list)
{
	struct spare *m = *list;

	if (m)
		*list = m->next;
	return m;
}

/* Under the lock, as all up to the thread. */
static void discard(struct spares *s, struct spare **at)
{
	struct spare *m = *at;

	*at = m->next;
	s->n_ready--;
	push(&s->waste, m);
}

static void discard_all(struct spares *s)
{
	while (s->ready)
		discard(s, &s->ready);
}

static bool is_idle(const struct spares *s)
{
	return clock_mono_usec() >= s->used_usec + IDLE_USEC;
}

static bool is_dead(const struct spare *m)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

static void sort_out(struct spares *s)
{
	struct spare **at = &s->ready;

	while (*at) {
		if (s->n_ready > s->wanted || is_idle(s) || !streq((*at)->key, s->key) ||
		    is_dead(*at))
			discard(s, at);
		else
			at = &(*at)->next;
	}
}

static bool wants_more(const struct spares *s)
{
	return s->key[0] && s->n_ready < s->wanted && s->starting == 0 && !is_idle(s);
}

static void wait_with_making(struct spares *s, uint64_t usec)
{
	uint64_t until = clock_mono_usec() + usec;

	if (s->not_before_usec < until)
		s->not_before_usec = until;
}

/* Lets go of the lock meanwhile. */
static void make_one(struct spares *s)
{
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	struct spare *m = NULL;
	struct err err = { 0 };
	char name[sizeof(m->name)];
	int r = machine_plan_copy(&s->plan, &plan);

	snprintf(name, sizeof(name), "%llu", (unsigned long long)++s->made);
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && !s->has_image)
		r = spare_rehearsal_image(s->dir_fd, &err);
	s->has_image = r == 0;
	if (r == 0)
		r = spare_make(s->d, s->dir_fd, name, &plan, s->quit_fd, &m, &err);
	pthread_mutex_lock(&s->lock);
	if (r == 0) {
		push(&s->ready, m);
		s->n_ready++;
	} else if (r != -ECANCELED) {
		log_warning("no spare machine: %s", err.msg[0] ? err.msg : strerror(-r));
		wait_with_making(s, RETRY_USEC);
	}
}

/* Return: was there something? */
static bool work(struct spares *s)
{
	struct spare *m;

	sort_out(s);
	m = pop(&s->waste);
	if (m) {
		pthread_mutex_unlock(&s->lock);
		spare_end(m, s->dir_fd);
		pthread_mutex_lock(&s->lock);
		return true;
	}
	if (!wants_more(s) || clock_mono_usec() < s->not_before_usec)
		return false;
	make_one(s);
	return true;
}

/* When something is to be done without anybody's asking; -1: never. */
static int timeout_msec(const struct spares *s)
{
	uint64_t now = clock_mono_usec(), next = UINT64_MAX;

	if (s->n_ready > 0)
		next = s->used_usec + IDLE_USEC;
	if (wants_more(s) && s->not_before_usec < next)
		next = s->not_before_usec;
	return next == UINT64_MAX ? -1 : next <= now ? 0 : (int)((next - now) / USEC_PER_MSEC) + 1;
}

static void sleep_for_news(struct spares *s)
{
	struct pollfd fds[SPARES_MAX + 2] = { { .fd = s->wake_fd, .events = POLLIN },
					      { .fd = s->quit_fd, .events = POLLIN } };
	int timeout = timeout_msec(s);
	eventfd_t ignored;
	nfds_t n = 2;

	/* A spare that waits says nothing: what can be read is its end. */
	for (const struct spare *m = s->ready; m && n < ARRAY_SIZE(fds); m = m->next)
		fds[n++] = (struct pollfd){ .fd = m->fd, .events = POLLIN };
	pthread_mutex_unlock(&s->lock);
	(void)poll(fds, n, timeout);
	(void)eventfd_read(s->wake_fd, &ignored);
	pthread_mutex_lock(&s->lock);
}

static bool is_quitting(const struct spares *s)
{
	return fd_wait(s->quit_fd, POLLIN, 0) != 0;
}

static void *keep(void *arg)
{
	struct spares *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!is_quitting(s))
		if (!work(s))
			sleep_for_news(s);
	pthread_mutex_unlock(&s->lock);
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
	wake(s);
}

/* A kind that is asked for once among others is not worth to throw away what is there. */
static void note_kind(struct spares *s, const char *key, const struct machine_plan *plan)
{
	bool again = streq(s->last, key);

	s->used_usec = clock_mono_usec();
	snprintf(s->last, sizeof(s->last), "%s", key);
	if (streq(s->key, key) || (s->key[0] && !again))
		return;
	machine_plan_reset(&s->plan);
	s->key[0] = '\0';
	if (machine_plan_copy(plan, &s->plan) == 0)
		snprintf(s->key, sizeof(s->key), "%s", key);
}

static struct spare *take(struct spares *s, const char *key, const struct machine_plan *plan)
{
	struct spare *m = NULL;

	pthread_mutex_lock(&s->lock);
	note_kind(s, key, plan);
	if (s->ready && streq(s->ready->key, key)) {
		m = pop(&s->ready);
		s->n_ready--;
	}
	pthread_mutex_unlock(&s->lock);
	return m;
}

pid_t spares_claim(struct spares *s, const char *key, const struct machine_plan *plan, int dir_fd)
{
	struct spare *m = take(s, key, plan);
	struct err err = { 0 };
	pid_t pid = 0;

	if (!m)
		return 0;
	if (spare_give(m, dir_fd, &err) == 0)
		pid = m->pid;
	else
		log_warning("a spare machine is not used: %s", err.msg);
	pthread_mutex_lock(&s->lock);
	push(&s->waste, m);
	pthread_mutex_unlock(&s->lock);
	return pid;
}

void spares_set(struct spares *s, unsigned wanted)
{
	pthread_mutex_lock(&s->lock);
	s->wanted = wanted < SPARES_MAX ? wanted : SPARES_MAX;
	s->not_before_usec = 0;
	pthread_mutex_unlock(&s->lock);
	wake(s);
}

static json_t *describe(const struct spares *s, const struct spare *m)
{
	int64_t memory = memory_of_process(m->pid) + memory_of_process(m->engine_pid);
	char layer[sizeof(m->name) + sizeof(SPARE_LAYER_FILE)];
	struct stat sb = { 0 };

	snprintf(layer, sizeof(layer), "%s/" SPARE_LAYER_FILE, m->name);
	(void)fstatat(s->dir_fd, layer, &sb, AT_SYMLINK_NOFOLLOW);
	return json_pack("{s:i, s:s, s:I, s:I}", "Pid", (int)m->engine_pid, "Template", m->key,
			 "MemoryBytes", (json_int_t)memory, "DiskBytes",
			 (json_int_t)sb.st_blocks * 512);
}

json_t *spares_describe(struct spares *s)
{
	cleanup_json json_t *list = json_array();
	json_t *ret = NULL;
	int r = list ? 0 : -ENOMEM;

	pthread_mutex_lock(&s->lock);
	for (const struct spare *m = s->ready; r == 0 && m; m = m->next)
		r = json_array_append_new(list, describe(s, m));
	if (r == 0)
		ret = json_pack("{s:i, s:O}", "Wanted", (int)s->wanted, "Machines", list);
	pthread_mutex_unlock(&s->lock);
	return ret;
}

static int open_parts(struct spares *s, struct err *err)
{
	int r = path_remove_tree(s->d->root_fd, "spares");

	if (r == 0)
		r = path_open_dir(s->d->root_fd, "spares", 0700, &s->dir_fd);
	if (r < 0)
		return err_errno(err, r, "%s/spares", s->d->root);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0 || s->quit_fd < 0)
		return err_errno(err, -errno, "spare machines");
	r = -pthread_create(&s->thread, NULL, keep, s);
	s->running = r == 0;
	return r < 0 ? err_errno(err, r, "spare machines") : 0;
}

int spares_open(struct daemon *d, unsigned wanted, struct spares **ret, struct err *err)
{
	struct spares *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->d = d;
	s->wanted = wanted < SPARES_MAX ? wanted : SPARES_MAX;
	s->dir_fd = s->wake_fd = s->quit_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	r = open_parts(s, err);
	if (r < 0) {
		spares_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void spares_close(struct spares *s)
{
	struct spare *m;

	if (!s)
		return;
	if (s->running) {
		(void)eventfd_write(s->quit_fd, 1);
		pthread_join(s->thread, NULL);
	}
	discard_all(s);
	while ((m = pop(&s->waste)))
		spare_end(m, s->dir_fd);
	fd_close(&s->dir_fd);
	fd_close(&s->wake_fd);
	fd_close(&s->quit_fd);
	machine_plan_reset(&s->plan);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
