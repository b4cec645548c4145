/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "guest/container/container.h"
#include "guest/process/stdfds.h"
#include "guest/process/users.h"
#include "oci/process.h"

/* All borrowed; the child has copies of its own. */
struct child_plan {
	const struct container *container;
	const struct oci_process *process;
	const struct stdfds *stdfds;
	int status_fd;
	bool is_first; /* else it joins the namespaces of the first */
};

/**
 * child_look_up_user() - find a user in the root of this process, as user_lookup() does
 * @more: names of further groups, as user_add_groups() takes them
 *
 * Return: the same; -errno.
 */
int child_look_up_user(const char *spec, char *const *more, struct user *ret, struct err *err);

/** child_run() - in the new process: become what the plan says, or report why not */
_Noreturn void child_run(const struct child_plan *plan);
