/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"

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

/* All of it, with every byte of the message escaped. */
#define RESERVE_BYTES (256 + 6 * ERR_MSG_MAX)

void exit_reserve(int dir_fd)
{
	int r = file_reserve(dir_fd, EXIT_FILE, RESERVE_BYTES);

	if (r < 0)
		log_warning("no room is kept for " EXIT_FILE ": %s", strerror(-r));
}

json_t *exit_json(const struct exit_status *e)
{
	return json_pack("{s:i, s:b, s:s, s:I, s:I}", "code", e->code, "oom", (int)e->oom, "error",
			 e->err.msg, "started_nsec", (json_int_t)e->started_nsec, "finished_nsec",
			 (json_int_t)e->finished_nsec);
}

static int write_quickly(int dir_fd, const char *text)
{
	static const char tmp[] = "." EXIT_FILE ".tmp";
	int r = file_overwrite(dir_fd, tmp, text, strlen(text), 0600);

	if (r == 0 && renameat(dir_fd, tmp, dir_fd, EXIT_FILE) < 0)
		r = -errno;
	return r;
}

int exit_write(int dir_fd, const struct exit_status *e, bool durably)
{
	cleanup_json json_t *obj = exit_json(e);
	cleanup_free char *text = obj ? json_write(obj) : NULL;

	if (!text)
		return -ENOMEM;
	return durably ? file_write_atomic(dir_fd, EXIT_FILE, text, strlen(text), 0600)
		       : write_quickly(dir_fd, text);
}
