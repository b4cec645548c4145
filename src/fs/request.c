/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A request is a head, a structure that depends on its opcode, up to two
 * strings, and data.  The table says which of these each opcode has; a request that does not fit
 * exactly is malformed, and ends the share.  Later reads stay within the parts checked here.
 *
 * Every byte is the guest's.  It is in memory of the server's own, so it does not change any more.
 */
#include "fs/request.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/macro.h"
#include "link/shares.h"

enum data_kind {
	NO_DATA,
	WRITE_DATA,  /* write_in.size bytes */
	XATTR_DATA,  /* setxattr_in.size bytes */
	FORGET_DATA, /* batch_forget_in.count times fuse_forget_one */
	ANY_DATA,
};

static const struct form {
	bool known;
	unsigned char names;
	unsigned char data; /* enum data_kind */
	unsigned short size;
} forms[] = {
	[FUSE_LOOKUP] = { true, 1, NO_DATA, 0 },
	[FUSE_FORGET] = { true, 0, NO_DATA, sizeof(struct fuse_forget_in) },
	[FUSE_GETATTR] = { true, 0, NO_DATA, sizeof(struct fuse_getattr_in) },
	[FUSE_SETATTR] = { true, 0, NO_DATA, sizeof(struct fuse_setattr_in) },
	[FUSE_READLINK] = { true, 0, NO_DATA, 0 },
	[FUSE_SYMLINK] = { true, 2, NO_DATA, 0 },
	[FUSE_MKNOD] = { true, 1, NO_DATA, sizeof(struct fuse_mknod_in) },
	[FUSE_MKDIR] = { true, 1, NO_DATA, sizeof(struct fuse_mkdir_in) },
	[FUSE_UNLINK] = { true, 1, NO_DATA, 0 },
	[FUSE_RMDIR] = { true, 1, NO_DATA, 0 },
	[FUSE_RENAME] = { true, 2, NO_DATA, sizeof(struct fuse_rename_in) },
	[FUSE_LINK] = { true, 1, NO_DATA, sizeof(struct fuse_link_in) },
	[FUSE_OPEN] = { true, 0, NO_DATA, sizeof(struct fuse_open_in) },
	[FUSE_READ] = { true, 0, NO_DATA, sizeof(struct fuse_read_in) },
	[FUSE_WRITE] = { true, 0, WRITE_DATA, sizeof(struct fuse_write_in) },
	[FUSE_STATFS] = { true, 0, NO_DATA, 0 },
	[FUSE_RELEASE] = { true, 0, NO_DATA, sizeof(struct fuse_release_in) },
	[FUSE_FSYNC] = { true, 0, NO_DATA, sizeof(struct fuse_fsync_in) },
	[FUSE_SETXATTR] = { true, 1, XATTR_DATA, sizeof(struct fuse_setxattr_in) },
	[FUSE_GETXATTR] = { true, 1, NO_DATA, sizeof(struct fuse_getxattr_in) },
	[FUSE_LISTXATTR] = { true, 0, NO_DATA, sizeof(struct fuse_getxattr_in) },
	[FUSE_REMOVEXATTR] = { true, 1, NO_DATA, 0 },
	[FUSE_FLUSH] = { true, 0, NO_DATA, sizeof(struct fuse_flush_in) },
	[FUSE_INIT] = { true, 0, NO_DATA, sizeof(struct fuse_init_in) },
	[FUSE_OPENDIR] = { true, 0, NO_DATA, sizeof(struct fuse_open_in) },
	[FUSE_READDIR] = { true, 0, NO_DATA, sizeof(struct fuse_read_in) },
	[FUSE_RELEASEDIR] = { true, 0, NO_DATA, sizeof(struct fuse_release_in) },
	[FUSE_FSYNCDIR] = { true, 0, NO_DATA, sizeof(struct fuse_fsync_in) },
	[FUSE_GETLK] = { true, 0, NO_DATA, sizeof(struct fuse_lk_in) },
	[FUSE_SETLK] = { true, 0, NO_DATA, sizeof(struct fuse_lk_in) },
	[FUSE_SETLKW] = { true, 0, NO_DATA, sizeof(struct fuse_lk_in) },
	[FUSE_ACCESS] = { true, 0, NO_DATA, sizeof(struct fuse_access_in) },
	[FUSE_CREATE] = { true, 1, ANY_DATA, sizeof(struct fuse_create_in) },
	[FUSE_INTERRUPT] = { true, 0, NO_DATA, sizeof(struct fuse_interrupt_in) },
	[FUSE_DESTROY] = { true, 0, NO_DATA, 0 },
	[FUSE_BATCH_FORGET] = { true, 0, FORGET_DATA, sizeof(struct fuse_batch_forget_in) },
	[FUSE_FALLOCATE] = { true, 0, NO_DATA, sizeof(struct fuse_fallocate_in) },
	[FUSE_READDIRPLUS] = { true, 0, NO_DATA, sizeof(struct fuse_read_in) },
	[FUSE_RENAME2] = { true, 2, NO_DATA, sizeof(struct fuse_rename2_in) },
	[FUSE_LSEEK] = { true, 0, NO_DATA, sizeof(struct fuse_lseek_in) },
	[FUSE_COPY_FILE_RANGE] = { true, 0, NO_DATA, sizeof(struct fuse_copy_file_range_in) },
	[FUSE_TMPFILE] = { true, 1, ANY_DATA, sizeof(struct fuse_create_in) },
};

static const struct form begin_form = {
	true, 0, NO_DATA, sizeof(struct shares_begin) - sizeof(struct fuse_in_header)
};
static const struct form taken_form = {
	true, 0, NO_DATA, sizeof(struct shares_taken) - sizeof(struct fuse_in_header)
};
static const struct form open_form = { true, 0, NO_DATA,
				       sizeof(struct shares_open) - sizeof(struct fuse_in_header) };
static const struct form unknown_form = { .data = ANY_DATA };

static const struct form *form_of(uint32_t opcode)
{
	if (opcode < ARRAY_SIZE(forms) && forms[opcode].known)
		return &forms[opcode];
	if (opcode == SHARES_BEGIN)
		return &begin_form;
	if (opcode == SHARES_OPEN)
		return &open_form;
	return opcode == SHARES_TAKEN ? &taken_form : &unknown_form;
}

/* The unread rest of a message. */
struct rest {
	const unsigned char *at;
	size_t len;
};

static int take_bytes(struct rest *rest, size_t n, const void **ret)
{
	if (n > rest->len)
		return -EBADMSG;
	*ret = rest->at;
	rest->at += n;
	rest->len -= n;
	return 0;
}

static int take_name(struct rest *rest, const char **ret)
{
	const void *at, *nul = rest->len > 0 ? memchr(rest->at, 0, rest->len) : NULL;
	int r = nul ? take_bytes(rest, (size_t)((const unsigned char *)nul - rest->at) + 1, &at)
		    : -EBADMSG;

	if (r == 0)
		*ret = at;
	return r;
}

static int check_data(const struct request *rq, enum data_kind kind)
{
	const struct fuse_batch_forget_in *forget = rq->fixed;
	const struct fuse_setxattr_in *xattr = rq->fixed;
	const struct fuse_write_in *write = rq->fixed;
	bool fits = kind == ANY_DATA;

	if (kind == NO_DATA)
		fits = rq->data_len == 0;
	else if (kind == WRITE_DATA)
		fits = rq->data_len == write->size;
	else if (kind == XATTR_DATA)
		fits = rq->data_len == xattr->size;
	else if (kind == FORGET_DATA)
		fits = rq->data_len == forget->count * (uint64_t)sizeof(struct fuse_forget_one);
	return fits ? 0 : -EBADMSG;
}

int request_parse(const void *message, size_t len, bool xattr_ext, struct request *ret)
{
	struct request rq = { .head = message };
	struct rest rest = { message, len };
	const struct form *form;
	const void *head;
	size_t size;
	int r = take_bytes(&rest, sizeof(*rq.head), &head);

	if (r < 0 || rq.head->len != len)
		return -EBADMSG;
	form = form_of(rq.head->opcode);
	size = form->size;
	if (rq.head->opcode == FUSE_SETXATTR && !xattr_ext)
		size = FUSE_COMPAT_SETXATTR_IN_SIZE;
	if (size > 0)
		r = take_bytes(&rest, size, &rq.fixed);
	for (size_t i = 0; r == 0 && i < form->names; i++)
		r = take_name(&rest, &rq.names[i]);
	rq.data = rest.at;
	rq.data_len = rest.len;
	if (r == 0)
		r = check_data(&rq, form->data);
	if (r == 0)
		*ret = rq;
	return r;
}

int request_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}
