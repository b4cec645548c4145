/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/machine/template-files.h"

/*
 * The one way to get a machine: a spare one where one is ready, one restored from a template, or
 * one that is booted.
 */

enum lease_purpose {
	LEASE_RUN,   /* a container is to run in it */
	LEASE_FILES, /* the files of a container that does not run are wanted */
};

struct lease_request {
	enum lease_purpose purpose;
	const struct machine_plan *plan;
	const char *dir; /* the container's folder, with config.json and machine.json; absolute */
	int dir_fd;	 /* the same; borrowed */
};

struct lease {
	pid_t pid;			     /* of moat-shim, to be reaped by the caller */
	char template[TEMPLATE_KEY_LEN + 1]; /* the machine was to be restored from; "": none */
	uint64_t found_usec; /* by clock_mono_usec(): when the template was found, or was not */
	uint64_t place;	     /* at the gate */
};

/**
 * lease_take() - get a machine
 * @ret: also on failure to be given to lease_settled()
 *
 * Return: 0; -errno with a message.
 */
int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err);

/** lease_settled() - the machine is up, or will not come up: others may */
void lease_settled(struct machines *ms, struct lease *l);
