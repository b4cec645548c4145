/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat's own kernel lies beside the programs where somebody has built it.
 * Else the script fetch-kernel downloads Debian's into a cache in the data root; it says on its
 * output how large the download is ("size: BYTES") and how far (apt's "dlstatus:N:PERCENT:TEXT"),
 * and in the end what went wrong.  One thread at a time does this; the others find it done.
 */
#include "kernel/recommended.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"

#define SILENCE_MSEC (120 * 1000) /* a download that is silent for so long is given up */
#define LINE_MAX_LEN 4096u

struct fetch {
	const struct kernel_progress *progress;
	struct buf line;
	uint64_t total_bytes;
	char last[256]; /* the script's last line that was neither size nor progress */
};

static void take_status(struct fetch *f, const char *line)
{
	const char *size = str_starts(line, "size: "), *status = str_starts(line, "dlstatus:");
	const char *percent = status ? strchr(status, ':') : NULL;

	if (size)
		f->total_bytes = strtoull(size, NULL, 10);
	else if (percent && f->progress)
		f->progress->report(
			f->progress->arg,
			(uint64_t)(strtod(percent + 1, NULL) / 100 * (double)f->total_bytes),
			f->total_bytes);
	else if (!status && *line)
		snprintf(f->last, sizeof(f->last), "%s", line);
}

static void take_lines(struct fetch *f)
{
	char *end;

	while (f->line.len > 0 && (end = memchr(f->line.data, '\n', f->line.len))) {
		*end = '\0';
		take_status(f, f->line.data);
		buf_consume(&f->line, (size_t)(end - f->line.data) + 1);
	}
	if (f->line.len > LINE_MAX_LEN)
		f->line.len = 0;
}

/* Reads the script's output to its end.  Return: 0; -ETIMEDOUT; -errno. */
static int listen_to(struct fetch *f, int fd)
{
	for (;;) {
		int r = fd_wait(fd, POLLIN, SILENCE_MSEC);
		ssize_t n;

		if (r <= 0)
			return r < 0 ? r : -ETIMEDOUT;
		n = buf_read_fd(&f->line, fd, LINE_MAX_LEN);
		if (n <= 0)
			return (int)n;
		take_lines(f);
	}
}

/* Finds the script: beside a program that runs from a build folder, else where it is installed. */
static int locate_script(char **ret, struct err *err)
{
	cleanup_free char *dir = path_self_dir();
	cleanup_free char *path = dir ? str_printf("%s/../tools/fetch-kernel", dir) : NULL;

	if (!path || access(path, X_OK) < 0)
		return locate_program("fetch-kernel", ret, err);
	*ret = take_ptr(path);
	return 0;
}

static int run_script(struct fetch *f, const char *program, const char *dir, struct err *err)
{
	cleanup_close int reader = -1, writer = -1;
	int fds[2], status, r = pipe2(fds, O_CLOEXEC) < 0 ? -errno : 0;
	pid_t pid;

	if (r == 0) {
		reader = fds[0];
		writer = fds[1];
		r = spawn_start(
			&(struct spawn){ .program = program,
					 .argv = (const char *const[]){ program, dir, NULL },
					 .fds = (int[]){ -1, writer, writer },
					 .n_fds = 3,
					 .detached = true },
			&pid);
	}
	if (r < 0)
		return err_errno(err, r, "start %s", program);
	fd_close(&writer);
	r = listen_to(f, reader);
	if (r < 0)
		kill(-pid, SIGKILL); /* in a session of its own, so it has a group */
	(void)child_await(pid, &status);
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		r = -EIO;
	return r < 0 ? err_set(err, -EIO,
			       "there is no guest kernel, and none could be fetched: %s; with a "
			       "kernel at hand, run \"moat system kernel set PATH\"",
			       f->last[0] ? f->last : strerror(-r))
		     : 0;
}

static int fetch_debian(struct kernel_store *ks, const struct kernel_progress *progress,
			char **ret_dir, struct err *err)
{
	struct fetch f = { .progress = progress, .line = BUF_INIT };
	cleanup_free char *program = NULL, *dir = str_printf("%s/../cache/kernel", ks->path);
	int r = dir ? path_mkdir_p(dir, 0700) : -ENOMEM;

	if (r < 0)
		return err_errno(err, r, "make the folder for a fetched kernel");
	r = locate_script(&program, err);
	if (r == 0)
		r = run_script(&f, program, dir, err);
	buf_reset(&f.line);
	if (r == 0)
		*ret_dir = take_ptr(dir);
	return r;
}

/* Was moat's own kernel built?  Return: 1; 0; -errno with a message. */
static int find_built(char **ret_dir, struct err *err)
{
	cleanup_free char *dir = NULL, *version = NULL;

	if (locate_program("kernel", &dir, NULL) < 0)
		return 0;
	version = str_printf("%s/VERSION", dir);
	if (!version)
		return err_nomem(err);
	if (access(version, R_OK) < 0)
		return 0;
	*ret_dir = take_ptr(dir);
	return 1;
}

static int set_folder(struct kernel_store *ks, const char *dir, struct kernel_paths *ret,
		      struct err *err)
{
	cleanup_free char *kernel = str_printf("%s/vmlinuz", dir);
	cleanup_free char *modules = str_printf("%s/modules", dir);

	if (!kernel || !modules)
		return err_nomem(err);
	return kernel_set(ks, kernel, access(modules, X_OK) == 0 ? modules : NULL, ret, err);
}

static int set_locked(struct kernel_store *ks, const struct kernel_progress *progress,
		      struct kernel_paths *ret, struct err *err)
{
	cleanup_free char *dir = NULL;
	int r = find_built(&dir, err);

	if (r == 0)
		r = fetch_debian(ks, progress, &dir, err);
	if (r >= 0)
		r = set_folder(ks, dir, ret, err);
	if (r == 0)
		log_info("the guest kernel is %s now", ret->version);
	return r == -ENOENT ? -EIO : r;
}

int kernel_set_recommended(struct kernel_store *ks, const struct kernel_progress *progress,
			   struct kernel_paths *ret, struct err *err)
{
	mutex_hold(&ks->fetching);
	return set_locked(ks, progress, ret, err);
}

int kernel_ensure(struct kernel_store *ks, struct kernel_paths *ret, struct err *err)
{
	int r = kernel_current(ks, ret, err);

	if (r != -ENOENT)
		return r;
	mutex_hold(&ks->fetching);
	r = kernel_current(ks, ret, err);
	if (r == -ENOENT)
		r = set_locked(ks, NULL, ret, err);
	return r;
}
