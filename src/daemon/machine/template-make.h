/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/plan.h"

struct template_site {
	const char *shim;  /* path of moat-shim */
	const char *dir;   /* an empty folder; absolute */
	int dir_fd;	   /* the folder, open; borrowed */
	struct taps *taps; /* for the machine's tap while it is made */
};

/**
 * template_make() - let moat-shim boot a machine and save it
 * @ret_memory_fd: a sealed memfd, owned by the caller
 *
 * The site then holds the state; template_save() completes it.
 *
 * Return: 0; -errno with a message.
 */
int template_make(const struct template_site *site, const struct machine_plan *plan,
		  int *ret_memory_fd, struct err *err);
