/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/operations.h"
#include "fs/watch.h"

#define MINOR_MIN      28 /* Linux 4.20: requests of more than 128 KiB */
#define BACKGROUND_MAX 64 /* requests of the guest's kernel for which no process waits */
#define PAGE_BYTES     4096u

/* What is asked of the guest's kernel, where it can do it. */
#define WANTED                                                                                     \
	(FUSE_ASYNC_READ | FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS | FUSE_ATOMIC_O_TRUNC |             \
	 FUSE_EXPORT_SUPPORT | FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_EXPLICIT_INVAL_DATA |       \
	 FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_PARALLEL_DIROPS |     \
	 FUSE_HANDLE_KILLPRIV_V2 | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS |                          \
	 FUSE_NO_OPENDIR_SUPPORT | FUSE_SETXATTR_EXT | FUSE_INIT_EXT)

int op_init(struct call *c)
{
	const struct fuse_init_in *in = c->rq.fixed;
	struct fuse_init_out *out = call_reply(c, sizeof(*out));
	uint64_t offered = in->flags;

	if (in->major != FUSE_KERNEL_VERSION || in->minor < MINOR_MIN || c->s->started)
		return -EPROTO;
	if (in->flags & FUSE_INIT_EXT)
		offered |= (uint64_t)in->flags2 << 32;
	*out = (struct fuse_init_out){
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = SHARES_WRITE_MAX,
		.flags = (uint32_t)(offered & WANTED),
		.max_background = BACKGROUND_MAX,
		.congestion_threshold = BACKGROUND_MAX / 4 * 3,
		.max_write = SHARES_WRITE_MAX,
		.time_gran = 1,
		.max_pages = SHARES_WRITE_MAX / PAGE_BYTES,
	};
	c->s->xattr_ext = offered & FUSE_SETXATTR_EXT;
	c->s->expires = offered & FUSE_HAS_EXPIRE_ONLY;
	c->s->opens_unasked = offered & SHARES_INIT_UNASKED;
	c->s->started = true;
	return 0;
}

int op_destroy(struct call *c)
{
	(void)c;
	return 0;
}

int op_statfs(struct call *c)
{
	struct fuse_statfs_out *out = call_reply(c, sizeof(*out));
	struct statvfs sf;
	struct node *n;
	int fd, r;

	if (c->rq.head->nodeid == FUSE_ROOT_ID)
		return 0;
	r = call_own_node(c, &n);
	if (r == 0)
		r = call_reach(c, n, &fd);
	if (r < 0)
		return r;
	if (fstatvfs(fd, &sf) < 0)
		return -errno;
	out->st = (struct fuse_kstatfs){ .blocks = sf.f_blocks,
					 .bfree = sf.f_bfree,
					 .bavail = sf.f_bavail,
					 .files = sf.f_files,
					 .ffree = sf.f_ffree,
					 .bsize = (uint32_t)sf.f_bsize,
					 .namelen = (uint32_t)sf.f_namemax,
					 .frsize = (uint32_t)sf.f_frsize };
	return 0;
}

int op_forget(struct call *c)
{
	const struct fuse_forget_in *in = c->rq.fixed;

	nodes_forget(&c->s->nodes, c->rq.head->nodeid, in->nlookup);
	return CALL_SILENT;
}

int op_batch_forget(struct call *c)
{
	const struct fuse_batch_forget_in *in = c->rq.fixed;

	for (uint32_t i = 0; i < in->count; i++) {
		struct fuse_forget_one one;

		memcpy(&one, c->rq.data + i * sizeof(one), sizeof(one));
		nodes_forget(&c->s->nodes, one.nodeid, one.nlookup);
	}
	return CALL_SILENT;
}

/* Only locks are waited for; all other requests end by themselves. */
int op_interrupt(struct call *c)
{
	const struct fuse_interrupt_in *in = c->rq.fixed;

	locks_interrupt(&c->s->locks, in->unique);
	return CALL_SILENT;
}

int op_begin(struct call *c)
{
	const struct shares_begin *in = (const void *)c->rq.head;

	c->s->waker = in->waker;
	return CALL_SILENT;
}

int op_taken(struct call *c)
{
	const struct shares_taken *in = (const void *)c->rq.head;

	watch_taken(c->s, in->count);
	return CALL_SILENT;
}
