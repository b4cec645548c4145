/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs/open.h"
#include "fs/operations.h"

static int read_request(struct call *c, struct lock_request *ret)
{
	const struct fuse_lk_in *in = c->rq.fixed;

	if ((in->lk.type != F_RDLCK && in->lk.type != F_WRLCK && in->lk.type != F_UNLCK) ||
	    in->lk.end > INT64_MAX || in->lk.start > in->lk.end)
		return -EINVAL;
	*ret = (struct lock_request){
		.owner = in->owner,
		.kind = in->lk_flags & FUSE_LK_FLOCK ? LOCK_OF_FILE : LOCK_OF_PROCESS,
		.range = { .l_type = (short)in->lk.type,
			   .l_whence = SEEK_SET,
			   .l_start = (off_t)in->lk.start,
			   /* To the end of the file, however long it gets, is 0. */
			   .l_len = in->lk.end == INT64_MAX
					    ? 0
					    : (off_t)(in->lk.end - in->lk.start + 1) },
	};
	/* A lock is of a file that was opened. */
	return in->fh == FILE_UNOPENED ? -EBADF : open_file(c, in->fh, false, &ret->file);
}

int op_getlk(struct call *c)
{
	struct fuse_lk_out *out = call_reply(c, sizeof(*out));
	struct lock_request rq;
	struct flock range;
	int r = read_request(c, &rq);

	if (r < 0)
		return r;
	range = rq.range;
	r = locks_test(&c->s->locks, &rq, &range);
	if (r < 0)
		return r;
	out->lk.type = (uint32_t)range.l_type;
	out->lk.start = (uint64_t)range.l_start;
	out->lk.end = range.l_len == 0 ? INT64_MAX : (uint64_t)(range.l_start + range.l_len - 1);
	return 0;
}

int op_setlk(struct call *c)
{
	struct lock_request rq;
	int r = read_request(c, &rq);

	return r == 0 ? locks_set(&c->s->locks, &rq) : r;
}

int op_setlkw(struct call *c)
{
	struct lock_request rq;
	int r = read_request(c, &rq);

	if (r == 0)
		r = locks_set(&c->s->locks, &rq);
	if (r != -EAGAIN)
		return r;
	r = locks_wait(&c->s->locks, c->rq.head->unique, &rq);
	if (r < 0)
		return r;
	c->n_files = 0; /* who waits for the lock holds its file */
	return CALL_SILENT;
}
