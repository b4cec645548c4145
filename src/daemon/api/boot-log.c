/* SPDX-License-Identifier: Apache-2.0 */
/* The console of a container's machine: its beginning, and its end where there was too much. */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/numbered.h"
#include "control/names.h"
#include "daemon/api/api.h"
#include "daemon/container/table.h"

#define GAP	   "\n[...]\n"
#define BYTES_MAX  MIB(1)
#define PIECES_MAX 2u /* the shim keeps no more */

static int add_console_end(int dir_fd, struct buf *b)
{
	char name[NUMBERED_MAX];
	uint64_t first, last;
	int r = numbered_range(dir_fd, CONSOLE_FILE, &first, &last);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (first > 1)
		r = buf_adds(b, GAP);
	for (uint64_t n = first; r == 0 && n <= last && n - first < PIECES_MAX; n++) {
		numbered_name(CONSOLE_FILE, n, name);
		r = file_read_at(dir_fd, name, BYTES_MAX, b);
		if (r == -ENOENT)
			r = 0; /* the shim has just removed this piece */
	}
	return r;
}

int api_moat_boot_log(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	cleanup_close int dir_fd = -1;
	cleanup_container struct container *c = NULL;
	int r = containers_find(api->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	dir_fd = openat(api->containers->dir_fd, c->machine_path,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dir_fd < 0 ? -errno : 0;
	if (r == 0)
		r = file_read_at(dir_fd, CONSOLE_FILE, BYTES_MAX, &rp->body);
	if (r == -ENOENT)
		return err_set(err, r, "there is no " CONSOLE_FILE " yet");
	if (r == 0)
		r = add_console_end(dir_fd, &rp->body);
	return r < 0 ? err_errno(err, r, CONSOLE_FILE)
		     : reply_text(rp, 200, "text/plain; charset=utf-8", "", err);
}
