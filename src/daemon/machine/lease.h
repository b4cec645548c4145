/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "daemon/machine/folder.h"
#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template-files.h"
#include "oci/network.h"

/*
 * The one way to get a machine with a container in it: a spare one, one restored from a template,
 * or a booted one.  It is there for as long as it is held, and while its container runs.
 */

enum lease_purpose {
	LEASE_RUN,	 /* a container is to run in it */
	LEASE_FILES,	 /* the files of a container that does not run are wanted */
	LEASE_ALL_FILES, /* the same, with those in its mounts */
};

struct lease_request {
	enum lease_purpose purpose;
	const json_t *host;		   /* docker's HostConfig; borrowed */
	const char *container;		   /* the container's name */
	int dir_fd;			   /* the container's folder, with config.json; borrowed */
	const struct oci_network *network; /* the network it is to have; NULL: lo alone */
	int secrets_fd;			   /* its secrets (control/secrets.h); borrowed; -1: none */
	int share_fd; /* of its file server (fs/launch.h); borrowed; -1: no mounts */
};

struct lease {
	char machine[MACHINE_NAME_LEN + 1];  /* the machine's folder below $ROOT/machines */
	pid_t pid;			     /* of moat-shim, to be reaped by the caller */
	int hold_fd;			     /* owned, lease_let_go() */
	char template[TEMPLATE_KEY_LEN + 1]; /* to be restored from; "": none */
	uint64_t found_usec; /* when the template was found, or none, by clock_mono_usec() */
	uint64_t place;	     /* number at the gate; 0: none */
	char old[MACHINE_NAME_LEN + 1]; /* the last run's machine, whose folder is to be removed */
	/* That the NIC hangs on, to be put back (taps.h) when the shim has ended; "": none */
	char tap[CONTROL_TAP_MAX + 1];
};

#define LEASE_NONE ((struct lease){ .hold_fd = -1 })

/**
 * lease_plan() - what machine a container would get now
 * @host:          docker's HostConfig; NULL for a container without limits of its own
 * @wants_network: where no taps could be had the last time, ask again
 * @ret:           owned, machine_plan_reset()
 *
 * Return: 0; -EIO with a message where there is no kernel or engine; -errno with a message.
 */
int lease_plan(struct machines *ms, const json_t *host, bool wants_network,
	       struct machine_plan *ret, struct err *err);

/**
 * lease_take() - get a machine with a container in it
 * @ret: also on failure to be given to lease_settled()
 *
 * When the machine is there, a link in the container's folder leads to its folder.
 *
 * Return: 0; -ENODEV where there is a network, and machines have no taps; as lease_plan().
 */
int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err);

/** lease_end() - end a machine that nobody watches; its folder stays, with the logs */
void lease_end(struct machines *ms, struct lease *l);

/** lease_settled() - the machine is up, or will not come up: let others come up */
void lease_settled(struct machines *ms, struct lease *l);

/** lease_let_go() - stop holding the machine: from here on it is there for its container alone */
void lease_let_go(struct lease *l);
