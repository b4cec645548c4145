/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "daemon/machine/folder.h"
#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template-files.h"
#include "oci/network.h"

/*
 * The one way to get a machine with a container in it: a spare one where one is ready, one restored
 * from a template, or one that is booted.  It is there for as long as it is held, and while its
 * container runs.
 */

enum lease_purpose {
	LEASE_RUN,	 /* a container is to run in it */
	LEASE_FILES,	 /* the own files of a container that does not run are wanted */
	LEASE_ALL_FILES, /* and those of its mounts */
};

struct lease_request {
	enum lease_purpose purpose;
	const json_t *host;		   /* docker's HostConfig; borrowed */
	const char *container;		   /* its name */
	int dir_fd;			   /* its folder, with config.json; borrowed */
	const struct oci_network *network; /* what its network is to be; NULL: lo alone */
	int secrets_fd;			   /* control/secrets.h; borrowed; -1: it has none */
	int share_fd; /* of its file server (fs/launch.h); borrowed; -1: it has no mounts */
};

struct lease {
	char machine[MACHINE_NAME_LEN + 1];  /* its folder below $ROOT/machines */
	pid_t pid;			     /* of moat-shim, to be reaped by the caller */
	int hold_fd;			     /* owned, lease_let_go() */
	char template[TEMPLATE_KEY_LEN + 1]; /* the machine was to be restored from; "": none */
	uint64_t found_usec; /* by clock_mono_usec(): when the template was found, or was not */
	uint64_t place;	     /* at the gate; 0: none */
	char old[MACHINE_NAME_LEN + 1]; /* the machine of the run before, whose folder is to go */
	/* What its NIC hangs on, to be put back (taps.h) when the shim has ended; "": nothing */
	char tap[CONTROL_TAP_MAX + 1];
};

#define LEASE_NONE ((struct lease){ .hold_fd = -1 })

/**
 * lease_plan() - what the machine of a container would be now
 * @host:          docker's HostConfig; NULL for one without limits of its own
 * @wants_network: where machines had none when that was asked last, it is asked again
 * @ret:           owned, machine_plan_reset()
 *
 * Return: 0; -EIO with a message where there is no kernel or engine; -errno with a message.
 */
int lease_plan(struct machines *ms, const json_t *host, bool wants_network,
	       struct machine_plan *ret, struct err *err);

/**
 * lease_take() - get a machine
 * @ret: also on failure to be given to lease_settled()
 *
 * The container's folder leads to the machine's when it is there.
 *
 * Return: 0; -ENODEV where there is a network, and machines have no taps; as lease_plan().
 */
int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err);

/** lease_end() - nobody watches over it, so it ends at once; its folder, with its logs, stays */
void lease_end(struct machines *ms, struct lease *l);

/** lease_settled() - the machine is up, or will not come up: others may */
void lease_settled(struct machines *ms, struct lease *l);

/** lease_let_go() - it is there for its container alone from here on */
void lease_let_go(struct lease *l);
