/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fs/dirs.h"
#include "fs/entry.h"
#include "fs/operations.h"
#include "fs/watch.h"

/* The layout of getdents64(2). */
struct host_entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* Return: the next entry; NULL at the end, or after an error. */
static const struct host_entry *peek_entry(struct dir_stream *d, int *ret_code)
{
	if (d->pos == d->end) {
		long n = syscall(SYS_getdents64, d->fd, d->buffer, sizeof(d->buffer));

		*ret_code = n < 0 ? -errno : 0;
		d->pos = 0;
		d->end = n > 0 ? (size_t)n : 0;
	}
	return d->pos < d->end ? (const void *)(d->buffer + d->pos) : NULL;
}

static void fill_dirent(struct call *c, const struct node *dir, const struct host_entry *h,
			struct fuse_dirent *ret)
{
	struct statx st = { .stx_ino = h->ino,
			    .stx_dev_major = (uint32_t)(dir->key.dev >> 32),
			    .stx_dev_minor = (uint32_t)dir->key.dev };
	struct fuse_attr attr;

	attr_fill(c->s, &st, &attr);
	ret->ino = attr.ino;
	ret->off = (uint64_t)h->off;
	ret->type = h->type;
	ret->namelen = (uint32_t)strlen(h->name);
	memcpy(ret->name, h->name, ret->namelen);
}

/* Fills in an entry.  One that is gone meanwhile, or has no room in the table, comes without a
 * node: the guest asks again if it needs one. */
static void fill_entry(struct call *c, struct dir_stream *d, const char *name,
		       struct fuse_entry_out *ret)
{
	struct statx st;

	if (streq(name, ".") || streq(name, ".."))
		return;
	if (entry_stat(d->fd, name, &st) == 0 && entry_fill(c, d->node, name, &st, ret, NULL) < 0)
		memset(ret, 0, sizeof(*ret));
}

static void devalue_entries(unsigned char *out, size_t len)
{
	for (size_t at = 0; at + FUSE_NAME_OFFSET_DIRENTPLUS <= len;) {
		struct fuse_direntplus *p = (void *)(out + at);

		p->entry_out.entry_valid = p->entry_out.attr_valid = 0;
		at += FUSE_DIRENTPLUS_SIZE(p);
	}
}

static int tell_entries(struct call *c, struct dir_stream *d, size_t room, bool plus)
{
	const size_t head = plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;
	const struct host_entry *h;
	int r = 0;

	while ((h = peek_entry(d, &r))) {
		size_t len = FUSE_DIRENT_ALIGN(head + strlen(h->name));
		unsigned char *to = c->out + c->out_len;

		if (len > room - c->out_len)
			break;
		memset(to, 0, len);
		if (plus)
			fill_entry(c, d, h->name,
				   &((struct fuse_direntplus *)(void *)to)->entry_out);
		fill_dirent(c, d->node, h,
			    plus ? &((struct fuse_direntplus *)(void *)to)->dirent : (void *)to);
		c->out_len += len;
		d->at = (uint64_t)h->off;
		d->pos += h->len;
	}
	return c->out_len > 0 ? 0 : r;
}

static int read_folder(struct call *c, struct node *dir, bool plus)
{
	const struct fuse_read_in *in = c->rq.fixed;
	struct dir_stream *d;
	int r;

	if (in->size > SHARES_WRITE_MAX || in->offset > INT64_MAX)
		return -EINVAL;
	watch_begin(c->s, dir);
	r = dirs_take(c->s->dirs, dir, in->offset, &d);
	if (r < 0)
		return r;
	r = tell_entries(c, d, in->size, plus);
	if (r < 0 || c->out_len == 0)
		dirs_end(c->s->dirs, d);
	else
		dirs_put(c->s->dirs, d);
	c->devalue = plus ? devalue_entries : NULL;
	return r;
}

static int on_folder(struct call *c, bool plus)
{
	struct node *dir;
	int r;

	if (c->rq.head->nodeid == FUSE_ROOT_ID)
		return 0; /* shares are found by those who know their numbers */
	r = call_own_node(c, &dir);
	return r == 0 ? read_folder(c, dir, plus) : r;
}

/* Opens the folder that a request is about. */
static int open_own_folder(struct call *c, int *ret_fd)
{
	struct node *dir;
	int fd, r = call_own_node(c, &dir);

	if (r == 0)
		r = call_reach(c, dir, &fd);
	if (r < 0)
		return r;
	*ret_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

/* Checks that the folder can be read.  The guest's kernel lets its root open any; where the host
 * does not, that must be known now: many programs take a folder whose entries cannot be read for an
 * empty one. */
int op_opendir(struct call *c)
{
	cleanup_close int opened = -1;
	struct fuse_open_out *out;
	int r = 0;

	if (!c->s->bounded)
		return -ENOSYS; /* tells the guest not to ask again */
	if (c->rq.head->nodeid != FUSE_ROOT_ID)
		r = open_own_folder(c, &opened);
	if (r < 0)
		return r;
	out = call_reply(c, sizeof(*out));
	out->open_flags = FOPEN_KEEP_CACHE |
			  FOPEN_CACHE_DIR; /* as for folders that are opened without asking */
	return 0;
}

int op_releasedir(struct call *c)
{
	(void)c;
	return 0;
}

int op_readdir(struct call *c)
{
	return on_folder(c, false);
}

int op_readdirplus(struct call *c)
{
	return on_folder(c, true);
}

int op_fsyncdir(struct call *c)
{
	cleanup_close int opened = -1;
	int r = open_own_folder(c, &opened);

	if (r == 0 && fsync(opened) < 0)
		r = -errno;
	return r;
}
