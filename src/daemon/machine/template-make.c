/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/template-make.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "control/launch.h"
#include "daemon/machine/folder.h"
#include "daemon/machine/template-files.h"

/* Longer than the shim itself waits, also on a busy host. */
#define TIMEOUT_MSEC (600 * 1000)

/* Waits for the shim.  Return: 0 when it ended well. */
static int await_shim(pid_t pid, struct err *err)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int reaped, status = 0, r = fd < 0 ? -errno : fd_wait(fd, POLLIN, TIMEOUT_MSEC);

	if (r <= 0)
		kill(pid, SIGKILL);
	reaped = child_await(pid, &status);
	if (r < 0 || reaped < 0)
		return err_errno(err, r < 0 ? r : reaped, "moat-shim");
	if (r == 0)
		return err_set(err, -ETIMEDOUT, "the template takes too long to make");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
		       ? 0
		       : err_set(err, -EIO, "the template could not be made");
}

/* Has a shim make the template and waits for it. */
static int run_maker(const struct template_site *site, const struct machine_plan *plan,
		     const struct tap *tap, int memory_fd, struct err *err)
{
	const struct shim_launch launch = { .program = site->shim,
					    .dir = site->dir,
					    .dir_fd = site->dir_fd,
					    .memory_fd = memory_fd,
					    .state_fd = -1,
					    .tap_fd = tap->fd };
	pid_t pid;
	int r = machine_write(plan, tap->name, site->dir_fd, err);

	if (r == 0)
		r = shim_spawn_maker(&launch, &pid, err);
	if (r < 0)
		return r;
	r = await_shim(pid, err);
	return r < 0 ? machine_last_words(site->dir_fd, r, err) : 0;
}

int template_make(const struct template_site *site, const struct machine_plan *plan,
		  int *ret_memory_fd, struct err *err)
{
	cleanup_close int memory_fd =
		memfd_create("moat-template", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	cleanup(tap_close) struct tap tap = TAP_NONE;
	int r;

	if (memory_fd < 0)
		return err_errno(err, -errno, "memory of the template");
	r = plan->has_tap ? taps_take(site->taps, &tap, err) : 0;
	if (r == 0)
		r = run_maker(site, plan, &tap, memory_fd, err);
	taps_put_back(site->taps, tap.name);
	if (r < 0)
		return r;
	r = template_seal(memory_fd);
	if (r < 0)
		return err_errno(err, r, "memory of the template");
	*ret_memory_fd = take_fd(&memory_fd);
	return 0;
}
