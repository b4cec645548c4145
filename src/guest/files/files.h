/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/files.h"

/* What an operation works on, in its own process. */
struct files_job {
	const struct container *container; /* borrowed */
	const struct link_files *files;
	int status_fd; /* -1 once it was said that it goes well */
};

/** files_begin() - say that nothing stands in the way of the operation any more; once is enough */
void files_begin(struct files_job *job);

/** files_run() - in the new process: do it.  The process's standard descriptors are in place. */
_Noreturn void files_run(struct files_job *job);
