/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "guest/container/container.h"
#include "guest/process/stdfds.h"
#include "guest/process/users.h"
#include "oci/process.h"

/* The plan of a process.  All is borrowed; the child has copies of its own. */
struct child_plan {
	const struct container *container;
	const struct oci_process *process;
	const struct stdfds *stdfds;
	int status_fd;
	bool is_first; /* else it joins the first process's namespaces */
};

/**
 * child_look_up_user() - find a user in the root of this process, as user_lookup() does
 * @more: names of further groups, as user_add_groups() takes them
 *
 * Return: the same; -errno.
 */
int child_look_up_user(const char *spec, char *const *more, struct user *ret, struct err *err);

/** child_run() - carry out the plan in the new process, or report why not */
_Noreturn void child_run(const struct child_plan *plan);
