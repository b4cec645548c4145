/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "daemon/machine/gate.h"
#include "daemon/state/hub.h"
#include "daemon/state/state.h"
#include "engine/engine.h"
#include "image/image.h"
#include "loop/loop.h"

struct kernel_store;
struct prober;
struct restarter;
struct spare_bounds;
struct spares;
struct templates;
struct watcher;

/* Which engine runs here and why; found out once, when it is first asked for. */
struct engine_choice {
	pthread_mutex_t lock;
	bool known;
	const struct engine *engine; /* NULL: none works */
	struct engine_probe probe;
	struct err err;
};

/* Everything moatd is made of; one per process, and it lives as long. */
struct daemon {
	char *root; /* absolute */
	int root_fd;
	int containers_fd; /* $ROOT/containers */
	char *socket;
	char *shim_path;
	struct loop *loop; /* main thread */
	struct kernel_store *kernels;
	struct state *state;
	struct store *store;
	struct hub *hub;
	struct watcher *watcher;
	struct templates *templates;
	struct spares *spares;
	struct gate starts; /* machines that come up at the same time hold each other up */
	struct restarter *restarter;
	struct prober *prober;
	struct containers containers;
	struct engine_choice engine;
	unsigned host_cpus;
	int64_t started_nsec;
	int quit_fd; /* eventfd that ends the main loop */
};

/**
 * daemon_open() - open the data root and everything in it
 * @root:   absolute; made when it is missing
 * @spares: spare machines to keep (spares.h)
 * @ret:    owned, daemon_close()
 *
 * Return: 0; -errno with a message.
 */
int daemon_open(const char *root, struct spare_bounds spares, struct daemon **ret, struct err *err);
void daemon_close(struct daemon *d);

/** daemon_engine() - the engine for new machines.  Return: 0, @ret_probe may be NULL; -EIO with a
 * message when none works here. */
int daemon_engine(struct daemon *d, const struct engine **ret, struct engine_probe *ret_probe,
		  struct err *err);

/** daemon_quit() - end the program; containers go on */
void daemon_quit(struct daemon *d);
