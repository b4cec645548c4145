/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/gate.h"
#include "daemon/machine/taps.h"
#include "engine/engine.h"
#include "kernel/store.h"
#include "settings/file.h"

struct spare_bounds;
struct spares;
struct templates;

/* Which engine runs here, and why; found out once, at the first question. */
struct engine_choice {
	pthread_mutex_t lock;
	bool known;
	const struct engine *engine; /* NULL: no engine works here */
	struct engine_probe probe;
	struct err err;
};

/* What all machines of a moatd are made with; lives as long as the process. */
struct machines {
	char *root; /* the data root, absolute */
	int root_fd;
	int dir_fd;   /* $ROOT/machines */
	char **found; /* names in @dir_fd when moatd began, until machine_folders_tidy() */
	char *shim_path;
	unsigned host_cpus;
	struct kernel_store *kernels;
	struct settings_file *settings; /* borrowed; NULL: none are known, the defaults count */
	struct engine_choice engine;
	struct templates *templates;
	struct spares *spares;
	struct taps taps;
	struct gate gate; /* machines that come up at the same time hold each other up */
};

/**
 * machines_open() - kernels, templates and spares of a data root
 * @root_fd, @root: the data root; borrowed
 * @spares:         how many spare machines to keep
 * @ret:            owned; machines_close(), where no thread of the spares uses it any more
 *
 * Return: 0; -errno with a message.
 */
int machines_open(int root_fd, const char *root, struct spare_bounds spares, struct machines **ret,
		  struct err *err);

/** machines_close() - NULL is accepted */
void machines_close(struct machines *ms);

/** machines_engine() - the engine for new machines.  Return: 0, @ret_probe may be NULL; -EIO with a
 * message when none works here. */
int machines_engine(struct machines *ms, const struct engine **ret, struct engine_probe *ret_probe,
		    struct err *err);
