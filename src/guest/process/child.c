/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A new process of a container goes from moat-init's surroundings to the
 * container's: standard descriptors, session, namespaces, user, folder, and then the program.  It
 * was forked into the pid namespace and the cgroup already.  A process that joins a running
 * container closes moat-init's descriptors before it can be seen there.
 *
 * After the change of the mount namespace everything met is the container's: files may be missing,
 * huge, or no files at all.  This process may hang or die on them; moat-init does not.
 */
#include "guest/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/container/options.h"
#include "guest/process/command.h"
#include "guest/process/credentials.h"
#include "guest/process/init.h"
#include "guest/process/report.h"
#include "guest/process/users.h"

#define ACCOUNTS_MAX MIB(4) /* bytes of /etc/passwd and /etc/group */

static int take_stdio(const struct stdfds *s)
{
	for (int i = 0; i < 3; i++)
		if (dup2(s->theirs[s->tty >= 0 ? 0 : i], i) < 0)
			return -errno;
	if (setsid() < 0)
		return -errno;
	return s->tty >= 0 && ioctl(0, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

/* Undoes settings of moat-init's that a program must not inherit. */
static int reset_inherited(const struct container *c)
{
	char score[16] = "0";
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (c->options.oom_score_adj)
		snprintf(score, sizeof(score), "%d", c->options.oom_score_adj);
	return file_set_at(AT_FDCWD, "/proc/self/oom_score_adj", score);
}

static void close_all_but(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

static int enter_container(const struct child_plan *plan, struct err *err)
{
	const int all = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
	const struct container *c = plan->container;

	if (plan->is_first) {
		int r = container_enter(c, plan->stdfds->tty, err);

		close_all_but(plan->status_fd, plan->status_fd);
		return r;
	}
	close_all_but(plan->status_fd, c->first_pidfd);
	if (setns(c->first_pidfd, all) < 0)
		return err_errno(err, -errno, "join the container");
	close(c->first_pidfd);
	return 0;
}

/* Reads /etc/passwd or /etc/group.  A missing file counts as empty, and of one that is too long the
 * first lines count. */
static int read_accounts(const char *path, struct buf *ret)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat sb;
	int r = 0;

	if (fd >= 0 && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
		r = fd_read_file(fd, ACCOUNTS_MAX, ret);
	if (r == -EFBIG) {
		while (ret->len > 0 && ret->data[ret->len - 1] != '\n')
			ret->len--;
		r = 0;
	}
	return r < 0 ? r : buf_adds(ret, "");
}

int child_look_up_user(const char *spec, char *const *more, struct user *ret, struct err *err)
{
	cleanup(buf_reset) struct buf passwd = BUF_INIT, group = BUF_INIT;
	int r = read_accounts("/etc/passwd", &passwd);

	if (r < 0)
		return err_errno(err, r, "read /etc/passwd");
	r = read_accounts("/etc/group", &group);
	if (r < 0)
		return err_errno(err, r, "read /etc/group");
	r = user_lookup(spec, passwd.data, group.data, ret, err);
	if (r == 0 && more)
		r = user_add_groups(ret, more, group.data, err);
	return r;
}

/* A user other than root must own pipes and terminal to open /dev/stdout and its like. */
static int own_stdio(const struct child_plan *plan, const struct user *u)
{
	bool has_pipe_or_tty = plan->process->terminal || plan->process->open_stdin;

	if (u->uid == 0)
		return 0;
	for (int i = has_pipe_or_tty ? 0 : 1; i < 3; i++)
		if (fchown(i, u->uid, (gid_t)-1) < 0)
			return -errno;
	return 0;
}

static int make_environment(const struct oci_process *p, const struct user *u, char ***ret)
{
	int r = strv_copy(p->env, ret);

	if (r == 0 && !env_get(*ret, "HOME"))
		r = strv_addf(ret, "HOME=%s", u->home);
	return r;
}

static bool has_filter(const struct child_plan *plan)
{
	return plan->container->options.seccomp.len > 0;
}

static int go_to(const char *folder, struct err *err)
{
	if (chdir(folder) == 0)
		return 0;
	return err_set(err, -errno, "chdir to cwd (\"%s\") failed: %s", folder,
		       command_reason(-errno));
}

/*
 * Changes into the working folder.  As in docker, it is made for the container's process, and must
 * exist for an exec; the user need not have the right to enter it.  Where root may not enter, it is
 * tried again as the user.
 */
static int enter_folder(const struct child_plan *plan, bool *ret_gone, struct err *err)
{
	const char *folder = plan->process->cwd;
	int r = plan->is_first ? path_mkdir_p(folder, 0755) : 0;

	if (r < 0)
		return err_set(err, r, "mkdir %s: %s", folder, command_reason(r));
	r = go_to(folder, err);
	*ret_gone = r == 0;
	return r == -EACCES || r == -EPERM ? 0 : r;
}

static int become_user(const struct child_plan *plan, const struct user *u, struct err *err)
{
	const struct oci_process *p = plan->process;
	bool has_gone = false;
	int r = enter_folder(plan, &has_gone, err);

	if (r < 0)
		return r;
	r = own_stdio(plan, u);
	if (r < 0)
		return err_errno(err, r, "hand standard input and output to the user");
	/* Without no_new_privs a filter takes a capability, which may be dropped below. */
	if (has_filter(plan) && !p->no_new_privileges)
		r = options_filter(&plan->container->options, err);
	if (r == 0)
		r = credentials_apply(p, u, err);
	return r == 0 && !has_gone ? go_to(p->cwd, err) : r;
}

/* Returns only on failure. */
static int become_program(const struct child_plan *plan, struct err *err)
{
	cleanup(user_reset) struct user u = { 0 };
	cleanup_strv char **env = NULL;
	int r = reset_inherited(plan->container);

	if (r == 0)
		r = take_stdio(plan->stdfds);
	if (r < 0)
		return err_errno(err, r, "set up the process");
	r = enter_container(plan, err);
	if (r == 0)
		r = child_look_up_user(plan->process->user, plan->container->options.groups, &u,
				       err);
	if (r == 0)
		r = become_user(plan, &u, err);
	if (r == 0 && (r = make_environment(plan->process, &u, &env)) < 0)
		r = err_errno(err, r, "make the environment");
	if (r == 0 && has_filter(plan) && plan->process->no_new_privileges)
		r = options_filter(&plan->container->options, err);
	if (r == 0 && plan->is_first && plan->container->options.init)
		r = init_split(plan->status_fd, plan->process->terminal, err);
	if (r < 0)
		return r;
	report_send(plan->status_fd, 0, "");
	return command_exec(plan->process->args, env, err);
}

void child_run(const struct child_plan *plan)
{
	struct err err = { 0 };
	int r = become_program(plan, &err);

	report_send(plan->status_fd, r, err.msg);
	_exit(125);
}
