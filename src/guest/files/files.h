/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/files.h"

/* An operation on files, in its own process. */
struct files_job {
	const struct container *container; /* borrowed */
	const struct link_files *files;
	int status_fd; /* -1 once report_send() was called */
};

/** files_begin() - report that the operation can be done; later calls do nothing */
void files_begin(struct files_job *job);

/** files_run() - do the operation, in the new process.  The process's standard descriptors are in
 * place. */
_Noreturn void files_run(struct files_job *job);
