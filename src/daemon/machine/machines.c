/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/machines.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"

#define COMING_UP_USEC (2 * USEC_PER_SEC) /* a machine that takes longer holds up no others */

static unsigned count_cpus(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
}

/* Looks for moat's programs, so that a missing one is told when moatd starts, and not at every
 * container's start. */
static int locate_parts(struct machines *ms, struct err *err)
{
	cleanup_free char *library = NULL;
	int r = locate_program("moat-shim", &ms->shim_path, err);

	return r == 0 ? locate_library(ENGINE_CLONE_LIBRARY, &library, err) : r;
}

static int open_kernels(struct machines *ms, struct err *err)
{
	cleanup_free char *init = NULL;
	int r = locate_program("moat-init", &init, err);

	return r < 0 ? r : kernel_store_open(ms->root_fd, ms->root, init, &ms->kernels, err);
}

/* Gives the kernel's initramfs the moat-init of this version.  A failure is only logged: guests go
 * on with the old one. */
static void refresh_kernel(struct machines *ms)
{
	struct err err = { 0 };

	if (kernel_refresh(ms->kernels, &err) < 0)
		log_warning("the guest's moat-init is not the installed one: %s", err.msg);
}

static int note_folder(int dir_fd, const char *name, void *arg)
{
	struct machines *ms = arg;

	(void)dir_fd;
	return strv_add(&ms->found, name);
}

static int open_folders(struct machines *ms, struct err *err)
{
	int r = path_open_dir(ms->root_fd, "machines", 0700, &ms->dir_fd);

	if (r == 0)
		r = path_each(ms->dir_fd, note_folder, ms);
	return r < 0 ? err_errno(err, r, "%s/machines", ms->root) : 0;
}

static int open_parts(struct machines *ms, int root_fd, struct spare_bounds spares, struct err *err)
{
	int r = locate_parts(ms, err);

	if (r < 0)
		return r;
	ms->root_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	if (ms->root_fd < 0)
		return err_errno(err, -errno, "%s", ms->root);
	r = open_folders(ms, err);
	if (r == 0)
		r = open_kernels(ms, err);
	if (r < 0)
		return r;
	refresh_kernel(ms);
	r = templates_open(ms, &ms->templates, err);
	/* Spares are opened last, because their thread uses the rest and does not end before the
	 * process. */
	return r == 0 ? spares_open(ms, spares, &ms->spares, err) : r;
}

int machines_open(int root_fd, const char *root, struct spare_bounds spares, struct machines **ret,
		  struct err *err)
{
	struct machines *ms = calloc(1, sizeof(*ms));
	int r;

	if (!ms)
		return err_nomem(err);
	ms->root_fd = ms->dir_fd = -1;
	ms->host_cpus = count_cpus();
	pthread_mutex_init(&ms->engine.lock, NULL);
	taps_init(&ms->taps);
	gate_init(&ms->gate, ms->host_cpus, COMING_UP_USEC);
	ms->root = strdup(root);
	r = ms->root ? open_parts(ms, root_fd, spares, err) : err_nomem(err);
	if (r < 0) {
		machines_close(ms);
		return r;
	}
	*ret = ms;
	return 0;
}

void machines_close(struct machines *ms)
{
	if (!ms)
		return;
	templates_close(ms->templates);
	kernel_store_close(ms->kernels);
	gate_destroy(&ms->gate);
	taps_destroy(&ms->taps);
	pthread_mutex_destroy(&ms->engine.lock);
	fd_close(&ms->root_fd);
	fd_close(&ms->dir_fd);
	strv_free(ms->found);
	free(ms->shim_path);
	free(ms->root);
	free(ms);
}

int machines_engine(struct machines *ms, const struct engine **ret, struct engine_probe *ret_probe,
		    struct err *err)
{
	struct engine_choice *choice = &ms->engine;

	pthread_mutex_lock(&choice->lock);
	if (!choice->known) {
		(void)engine_choose(&choice->engine, &choice->probe, &choice->err);
		choice->known = true;
	}
	pthread_mutex_unlock(&choice->lock);
	if (ret_probe)
		*ret_probe = choice->probe;
	if (!choice->engine)
		return err_set(err, -EIO, "%s", choice->err.msg);
	*ret = choice->engine;
	return 0;
}
