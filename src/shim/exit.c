/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/exit.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

int exit_code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return EXIT_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EISDIR:
	case ENOEXEC:
		return EXIT_NOT_EXECUTABLE;
	default:
		return EXIT_NOT_STARTED;
	}
}

json_t *exit_json(const struct exit_status *e)
{
	return json_pack("{s:i, s:b, s:s, s:I, s:I}", "code", e->code, "oom", (int)e->oom, "error",
			 e->err.msg, "started_nsec", (json_int_t)e->started_nsec, "finished_nsec",
			 (json_int_t)e->finished_nsec);
}

int exit_write(int dir_fd, const struct exit_status *e)
{
	cleanup_json json_t *obj = exit_json(e);
	cleanup_free char *text = obj ? json_write(obj) : NULL;

	return text ? file_write_atomic(dir_fd, EXIT_FILE, text, strlen(text), 0600) : -ENOMEM;
}
