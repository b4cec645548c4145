/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/api/api.h"
#include "daemon/container/container.h"
#include "daemon/machine/machines.h"
#include "daemon/network/networks.h"
#include "daemon/secret/secrets.h"
#include "daemon/state/hub.h"
#include "daemon/state/state.h"
#include "daemon/volume/volumes.h"
#include "image/image.h"
#include "loop/loop.h"

struct spare_bounds;

/* All parts of moatd; one per process, which lives as long. */
struct daemon {
	char *root; /* absolute */
	int root_fd;
	struct loop *loop; /* main thread */
	struct machines *machines;
	struct networks *networks;
	struct state *state;
	struct store *store;
	struct hub *hub;
	struct secrets secrets;
	struct volumes *volumes;
	struct containers containers;
	struct api api; /* borrows from the others */
	int quit_fd;	/* eventfd that ends the main loop */
};

/**
 * daemon_open() - open the data root and everything in it
 * @root:   absolute; made when it is missing
 * @spares: spare machines to keep (spares.h)
 * @settings: borrowed
 * @ret:    there until the process ends
 *
 * Return: 0; -errno with a message.
 */
int daemon_open(const char *root, struct spare_bounds spares, struct settings_file *settings,
		struct daemon **ret, struct err *err);
