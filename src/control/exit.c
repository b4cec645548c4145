/* SPDX-License-Identifier: Apache-2.0 */
#include "control/exit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"
#include "base/log.h"
#include "base/str.h"
#include "control/names.h"

#define FILE_MAX_BYTES 65536

static const struct field fields[] = {
	FIELD(exit_status, code, FIELD_INT, .max = 255),
	FIELD(exit_status, oom, FIELD_BOOL),
	{ "error", FIELD_LINE, offsetof(struct exit_status, err.msg), .max = ERR_MSG_MAX - 1 },
	FIELD(exit_status, started_nsec, FIELD_I64, .max = INT64_MAX),
	FIELD(exit_status, finished_nsec, FIELD_I64, .max = INT64_MAX),
};

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

int exit_put(json_t *obj, const struct exit_status *e)
{
	return fields_put(obj, fields, ARRAY_SIZE(fields), e);
}

int exit_get(const json_t *obj, struct exit_status *ret, struct err *err)
{
	struct exit_status e = { 0 };
	int r = fields_get(obj, fields, ARRAY_SIZE(fields), &e, err);

	if (r < 0)
		return r;
	if (e.finished_nsec <= 0)
		e.finished_nsec = clock_now_nsec();
	*ret = e;
	return 0;
}

/* The most that exit.json can take: every byte of the message escaped. */
#define RESERVE_BYTES (256 + 6 * ERR_MSG_MAX)

void exit_reserve(int dir_fd)
{
	int r = file_reserve(dir_fd, EXIT_FILE, RESERVE_BYTES);

	if (r < 0)
		log_warning("no room is kept for " EXIT_FILE ": %s", strerror(-r));
}

static char *exit_text(const struct exit_status *e)
{
	cleanup_json json_t *obj = json_object();

	return obj && exit_put(obj, e) == 0 ? json_write(obj) : NULL;
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
	cleanup_free char *text = exit_text(e);

	if (!text)
		return -ENOMEM;
	return durably ? file_write_atomic(dir_fd, EXIT_FILE, text, strlen(text), 0600)
		       : write_quickly(dir_fd, text);
}

int exit_load(int containers_fd, const char *id, struct exit_status *ret)
{
	cleanup_free char *name = str_printf("%s/" EXIT_FILE, id);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL;
	int r = name ? file_read_at(containers_fd, name, FILE_MAX_BYTES, &b) : -ENOMEM;

	if (r == 0)
		r = json_read(b.data ? b.data : "", b.len, EXIT_FILE, &obj, NULL);
	return r == 0 ? exit_get(obj, ret, NULL) : r;
}
