/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Jobs wait in a queue.  A run takes all changes from its front, or one
 * listing, writes their texts into memory that becomes nft's standard input, and executes nft; what
 * that says comes in other memory, so nothing has to be read while it runs.  When it has ended,
 * the run's jobs are told.  Where a run of several failed, they are run one by one, so that only
 * those fail that are wrong.
 *
 * Texts are made by moat; names of interfaces and addresses in them have been checked.
 */
#include "net/common/nft.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"
#include "base/spawn.h"
#include "net/common/program.h"

#define RUN_SECONDS  20u
#define ANSWER_BYTES (16u << 20)
#define WORDS_MAX    12

struct job {
	STAILQ_ENTRY(job) link;
	char *text;
	nft_done_fn done;
	nft_listed_fn listed; /* for a listing; NULL: the job is a change */
	void *arg;
};

STAILQ_HEAD(jobs, job);

struct nft {
	struct loop *loop;
	char *program;
	struct jobs waiting, running;
	int output_fd; /* memory that the run's output goes to; -1 */
	pid_t pid;
	struct source *child, *deadline;
	struct patience patience; /* for the run that is under way */
	struct source *soon;	  /* begins a run when the loop has nothing else to do */
	bool one_by_one;	  /* the run before failed: its jobs are done one by one */
};

static void job_free(struct job *j)
{
	free(j->text);
	free(j);
}

static void drop_jobs(struct jobs *jobs)
{
	struct job *j;

	while ((j = STAILQ_FIRST(jobs))) {
		STAILQ_REMOVE_HEAD(jobs, link);
		job_free(j);
	}
}

static int nft_expired(struct source *s, void *arg)
{
	struct nft *n = arg;
	uint64_t left_usec = patience_left(&n->patience);

	if (left_usec > 0)
		return source_set_timer(s, left_usec);
	if (n->pid > 0)
		kill(n->pid, SIGKILL);
	return 0;
}

static int make_memory(const char *name, int *ret_fd)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Takes the jobs of the next run from the queue. */
static void choose_jobs(struct nft *n)
{
	struct job *j;

	while ((j = STAILQ_FIRST(&n->waiting))) {
		if (j->listed && !STAILQ_EMPTY(&n->running))
			return;
		STAILQ_REMOVE_HEAD(&n->waiting, link);
		STAILQ_INSERT_TAIL(&n->running, j, link);
		if (j->listed || n->one_by_one)
			return;
	}
}

static int write_changes(const struct nft *n, int fd)
{
	const struct job *j;

	STAILQ_FOREACH (j, &n->running, link) {
		int r = fd_write_all(fd, j->text, strlen(j->text));

		if (r < 0)
			return r;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* "-j list WHAT": @text is cut up in place. */
static void list_words(char *text, const char *argv[WORDS_MAX])
{
	char *rest = text, *word;
	size_t n = 0;

	argv[n++] = "nft";
	argv[n++] = "-j";
	argv[n++] = "list";
	while (n < WORDS_MAX - 1 && (word = strsep(&rest, " ")))
		argv[n++] = word;
	argv[n] = NULL;
}

static int nft_ended(struct source *s, pid_t pid, int status, void *arg);

static int execute_nft(struct nft *n)
{
	const char *argv[WORDS_MAX] = { "nft", "-f", "-", NULL };
	struct job *first = STAILQ_FIRST(&n->running);
	cleanup_close int input = -1;
	int r = make_memory("nft-input", &input);

	if (r == 0)
		r = make_memory("nft-output", &n->output_fd);
	if (r == 0 && first->listed)
		list_words(first->text, argv);
	else if (r == 0)
		r = write_changes(n, input);
	if (r == 0)
		r = spawn_start(
			&(struct spawn){ .program = n->program,
					 .argv = argv,
					 .fds = (int[]){ input, n->output_fd, n->output_fd },
					 .n_fds = 3 },
			&n->pid);
	if (r == 0)
		r = loop_add_child(n->loop, n->pid, nft_ended, n, &n->child);
	return r;
}

/* Tells the jobs of a run and frees them; they may ask for more meanwhile. */
static void tell_job(struct jobs *jobs, int result, const char *message, size_t len)
{
	struct job *j;

	while ((j = STAILQ_FIRST(jobs))) {
		STAILQ_REMOVE_HEAD(jobs, link);
		if (j->listed)
			j->listed(result, result < 0 ? NULL : message, len, j->arg);
		else if (j->done)
			j->done(result, message, j->arg);
		job_free(j);
	}
}

static void begin_jobs(struct nft *n)
{
	while (STAILQ_EMPTY(&n->running) && !STAILQ_EMPTY(&n->waiting)) {
		int r;

		choose_jobs(n);
		r = execute_nft(n);
		if (r == 0) {
			patience_begin(&n->patience, n->pid, RUN_SECONDS * USEC_PER_SEC);
			source_set_timer(n->deadline, RUN_SECONDS * USEC_PER_SEC);
			return;
		}
		fd_close(&n->output_fd);
		tell_job(&n->running, r, strerror(-r), 0);
	}
	if (STAILQ_EMPTY(&n->running))
		n->one_by_one = false;
}

/* More than one change failed together: they wait again, to be done one by one. */
static void split_jobs(struct nft *n)
{
	struct jobs rest = STAILQ_HEAD_INITIALIZER(rest);

	STAILQ_CONCAT(&rest, &n->running);
	STAILQ_CONCAT(&rest, &n->waiting);
	STAILQ_CONCAT(&n->waiting, &rest);
	n->one_by_one = true;
}

static bool is_one(const struct jobs *jobs)
{
	return STAILQ_NEXT(STAILQ_FIRST(jobs), link) == NULL;
}

static int nft_ended(struct source *s, pid_t pid, int status, void *arg)
{
	struct nft *n = arg;
	cleanup(buf_reset) struct buf said = BUF_INIT;
	struct jobs jobs = STAILQ_HEAD_INITIALIZER(jobs);
	bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	int r;

	(void)s;
	(void)pid;
	source_free(take_ptr(n->child));
	source_set_timer(n->deadline, UINT64_MAX);
	n->pid = 0;
	r = lseek(n->output_fd, 0, SEEK_SET) < 0 ? -errno
						 : fd_read_file(n->output_fd, ANSWER_BYTES, &said);
	fd_close(&n->output_fd);
	if (!fine && !is_one(&n->running)) {
		split_jobs(n);
	} else {
		STAILQ_CONCAT(&jobs, &n->running);
		tell_job(&jobs, fine ? r : -EINVAL, said.data ? said.data : "", said.len);
	}
	begin_jobs(n);
	return 0;
}

static int add_job(struct nft *n, const char *text, const struct job *like)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	*j = *like;
	j->text = strdup(text);
	if (!j->text) {
		free(j);
		return -ENOMEM;
	}
	STAILQ_INSERT_TAIL(&n->waiting, j, link);
	return 0;
}

/* Jobs that come one after the other in a round of the loop are done in one run. */
static int begin_soon(struct source *s, void *arg)
{
	(void)s;
	begin_jobs(arg);
	return 0;
}

static int add_timers(struct nft *n, struct err *err)
{
	int r = loop_add_timer(n->loop, UINT64_MAX, nft_expired, n, &n->deadline);

	if (r == 0)
		r = loop_add_timer(n->loop, UINT64_MAX, begin_soon, n, &n->soon);
	return r < 0 ? err_errno(err, r, "timer") : 0;
}

int nft_new(struct loop *loop, struct nft **ret, struct err *err)
{
	struct nft *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return err_nomem(err);
	n->loop = loop;
	n->output_fd = -1;
	STAILQ_INIT(&n->waiting);
	STAILQ_INIT(&n->running);
	r = program_find("nft", &n->program, err);
	if (r == 0)
		r = add_timers(n, err);
	if (r < 0) {
		nft_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

void nft_free(struct nft *n)
{
	if (!n)
		return;
	if (n->pid > 0)
		kill(n->pid, SIGKILL);
	source_free(n->child);
	source_free(n->deadline);
	source_free(n->soon);
	fd_close(&n->output_fd);
	drop_jobs(&n->waiting);
	drop_jobs(&n->running);
	free(n->program);
	free(n);
}

int nft_change(struct nft *n, const char *text, nft_done_fn fn, void *arg)
{
	int r = add_job(n, text, &(struct job){ .done = fn, .arg = arg });

	return r == 0 ? source_set_timer(n->soon, 0) : r;
}

bool nft_idle(const struct nft *n)
{
	return STAILQ_EMPTY(&n->waiting) && STAILQ_EMPTY(&n->running);
}

int nft_list(struct nft *n, const char *what, nft_listed_fn fn, void *arg)
{
	int r = add_job(n, what, &(struct job){ .listed = fn, .arg = arg });

	return r == 0 ? source_set_timer(n->soon, 0) : r;
}
