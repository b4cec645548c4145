/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A member is a header block, headers before it that add to it (pax records,
 * GNU's long names), and its data in whole blocks.  All headers are read before the member is given
 * out; the data only as they are asked for, so no file is ever in memory.
 *
 * Whoever made the archive is hostile.  Everything a header makes the reader keep has a bound;
 * numbers are checked before they are used; names are bytes, and what may be done with them is for
 * the caller to decide.
 */
#include "tar/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "tar/number.h"
#include "tar/pax.h"
#include "tar/reader-inner.h"
#include "tar/reader-sparse.h"

void tar_reader_reset(struct tar_reader *r)
{
	tar_entry_reset(&r->entry);
}

ssize_t tar_read_fd(void *arg, void *data, size_t max)
{
	const int *fd = arg;
	ssize_t n;

	do
		n = read(*fd, data, max);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int tar_bad(struct err *err, const char *what)
{
	return err_set(err, -EBADMSG, "the archive is damaged: %s", what);
}

ssize_t tar_take(struct tar_reader *r, void *data, size_t max, struct err *err)
{
	size_t n;

	/* A large read goes straight into the caller's buffer. */
	if (r->in_at == r->in_len && max >= sizeof(r->in)) {
		ssize_t got = r->read(r->arg, data, max);

		return got < 0 ? err_errno(err, (int)got, "read the archive") : got;
	}
	if (r->in_at == r->in_len) {
		ssize_t got = r->read(r->arg, r->in, sizeof(r->in));

		if (got <= 0)
			return got < 0 ? err_errno(err, (int)got, "read the archive") : 0;
		r->in_at = 0;
		r->in_len = (size_t)got;
	}
	n = r->in_len - r->in_at < max ? r->in_len - r->in_at : max;
	memcpy(data, r->in + r->in_at, n);
	r->in_at += n;
	return (ssize_t)n;
}

int tar_take_block(struct tar_reader *r, void *block, struct err *err)
{
	size_t have = 0;

	while (have < TAR_BLOCK_BYTES) {
		ssize_t n = tar_take(r, (char *)block + have, TAR_BLOCK_BYTES - have, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return have == 0 ? 0 : tar_bad(err, "it ends within a header");
		have += (size_t)n;
	}
	return 1;
}

int tar_skip(struct tar_reader *r, uint64_t len, struct err *err)
{
	char waste[4096];

	while (len > 0) {
		ssize_t n =
			tar_take(r, waste, len < sizeof(waste) ? (size_t)len : sizeof(waste), err);

		if (n <= 0)
			return n < 0 ? (int)n : tar_bad(err, "it ends within a file");
		len -= (uint64_t)n;
	}
	return 0;
}

static bool is_zero_block(const void *block)
{
	static const char zeros[TAR_BLOCK_BYTES];

	return memcmp(block, zeros, sizeof(zeros)) == 0;
}

static bool has_checksum(const struct tar_header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	size_t from = offsetof(struct tar_header, checksum);
	int64_t want, sum = 0, signed_sum = 0;

	if (tar_number(h->checksum, sizeof(h->checksum), &want) < 0)
		return false;
	for (size_t i = 0; i < sizeof(*h); i++) {
		bool inside = i >= from && i < from + sizeof(h->checksum);

		sum += inside ? ' ' : bytes[i];
		signed_sum += inside ? ' ' : (signed char)bytes[i];
	}
	return want == sum || want == signed_sum;
}

static bool is_ustar(const struct tar_header *h)
{
	return memcmp(h->magic, "ustar\0", sizeof(h->magic)) == 0;
}

/* Takes the data of a member that only describes the next one: a pax header, or a long name. */
static int take_meta(struct tar_reader *r, const struct tar_header *h, struct buf *ret,
		     struct err *err)
{
	int64_t size;

	if (tar_number(h->size, sizeof(h->size), &size) < 0 || size < 0)
		return tar_bad(err, "a size is no number");
	if ((uint64_t)size > r->meta_left)
		return tar_bad(err, "the headers of a member are too large");
	r->meta_left -= (size_t)size;
	ret->len = 0;
	if (buf_reserve(ret, (size_t)size + 1) < 0)
		return err_errno(err, -ENOMEM, "read the archive");
	while (ret->len < (size_t)size) {
		ssize_t n = tar_take(r, ret->data + ret->len, (size_t)size - ret->len, err);

		if (n <= 0)
			return n < 0 ? (int)n : tar_bad(err, "it ends within a header");
		ret->len += (size_t)n;
	}
	ret->data[ret->len] = '\0';
	return tar_skip(r, tar_padding((uint64_t)size), err);
}

/* Takes the data of GNU's member for a long name; the name ends at the first NUL. */
static int take_long_name(struct tar_reader *r, const struct tar_header *h, char **name,
			  struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int ret = take_meta(r, h, &b, err);

	if (ret < 0)
		return ret;
	free(*name);
	*name = strdup(b.data);
	return *name ? 0 : err_errno(err, -ENOMEM, "read the archive");
}

static char *copy_field(const char *text, size_t size)
{
	return strndup(text, size);
}

static char *header_path(const struct tar_header *h)
{
	cleanup_free char *name = copy_field(h->name, sizeof(h->name));
	cleanup_free char *prefix = copy_field(h->prefix, sizeof(h->prefix));

	if (!name || !prefix)
		return NULL;
	return is_ustar(h) && *prefix ? str_printf("%s/%s", prefix, name) : take_ptr(name);
}

static int set_type(struct tar_entry *e, char letter, struct err *err)
{
	switch (letter) {
	case '\0':
	case '0':
	case '7':
	case 'S':
		e->type = TAR_FILE;
		if (str_ends(e->path, "/")) /* v7's way to mark a folder */
			e->type = TAR_FOLDER;
		return 0;
	case '1':
		e->type = TAR_HARDLINK;
		return 0;
	case '2':
		e->type = TAR_SYMLINK;
		return 0;
	case '3':
		e->type = TAR_CHAR;
		return 0;
	case '4':
		e->type = TAR_BLOCK;
		return 0;
	case '5':
		e->type = TAR_FOLDER;
		return 0;
	case '6':
		e->type = TAR_FIFO;
		return 0;
	default:
		return err_set(err, -EOPNOTSUPP,
			       "the archive has a member of type '%c', which moat does not know",
			       letter >= ' ' && letter <= '~' ? letter : '?');
	}
}

static int get_u32(const char *text, size_t size, uint32_t *ret)
{
	int64_t value;

	if (tar_number(text, size, &value) < 0 || value < 0 || value > UINT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)value;
	return 0;
}

static int read_numbers(const struct tar_header *h, struct tar_entry *e, int64_t *ret_size)
{
	int64_t mode, sec;

	if (tar_number(h->mode, sizeof(h->mode), &mode) < 0 ||
	    get_u32(h->uid, sizeof(h->uid), &e->uid) < 0 ||
	    get_u32(h->gid, sizeof(h->gid), &e->gid) < 0 ||
	    tar_number(h->size, sizeof(h->size), ret_size) < 0 || *ret_size < 0 ||
	    tar_number(h->mtime, sizeof(h->mtime), &sec) < 0)
		return -EBADMSG;
	e->mode = (uint32_t)mode & 07777;
	e->mtime_sec = sec;
	if (e->type != TAR_CHAR && e->type != TAR_BLOCK)
		return 0;
	if (get_u32(h->major, sizeof(h->major), &e->major) < 0)
		return -EBADMSG;
	return get_u32(h->minor, sizeof(h->minor), &e->minor);
}

/* Makes the entry from the member's own header and the headers before it. */
static int make_entry(struct tar_reader *r, const struct tar_header *h, struct tar_pax *pax,
		      struct err *err)
{
	struct tar_entry *e = &r->entry;
	int64_t size;
	int ret;

	e->path = pax->path ? take_ptr(pax->path) : header_path(h);
	e->link = pax->link ? take_ptr(pax->link) : copy_field(h->link, sizeof(h->link));
	if (!e->path || !e->link)
		return err_errno(err, -ENOMEM, "read the archive");
	ret = set_type(e, h->type, err);
	if (ret < 0)
		return ret;
	if (read_numbers(h, e, &size) < 0)
		return tar_bad(err, "a header's number is none");
	tar_pax_apply(pax, e, &size);
	if (!*e->path || strlen(e->path) > TAR_PATH_MAX || strlen(e->link) > TAR_PATH_MAX)
		return tar_bad(err, "a name is empty or too long");
	if ((e->type == TAR_HARDLINK || e->type == TAR_SYMLINK) && !*e->link)
		return tar_bad(err, "a link has no target");
	/* Only files have data; POSIX allows hard links to have them, too, but nobody writes
	 * that. */
	if (e->type != TAR_FILE)
		size = 0;
	r->left = (uint64_t)size;
	r->padding = tar_padding(r->left);
	e->size_bytes = pax->is_sparse ? pax->real_size : (uint64_t)size;
	if (e->type != TAR_FILE)
		return 0;
	if (pax->is_sparse)
		return tar_read_pax_map(r, err);
	return h->type == 'S' ? tar_read_gnu_map(r, h, err) : 0;
}

/* Reads headers up to and with that of the next member.  Return: 1; 0 at the end; -errno. */
static int next_header(struct tar_reader *r, struct tar_pax *pax, struct tar_header *h,
		       struct err *err)
{
	cleanup(buf_reset) struct buf meta = BUF_INIT;

	r->meta_left = TAR_META_MAX;
	for (;;) {
		int ret = tar_take_block(r, h, err);

		if (ret <= 0 || is_zero_block(h))
			return ret < 0 ? ret : 0;
		if (!has_checksum(h))
			return tar_bad(err, "a checksum is wrong, or this is no tar archive");
		switch (h->type) {
		case 'x':
			ret = take_meta(r, h, &meta, err);
			if (ret == 0)
				ret = tar_pax_parse(meta.data, meta.len, pax, err);
			break;
		case 'g':
			ret = take_meta(r, h, &meta, err);
			break;
		case 'L':
			ret = take_long_name(r, h, &pax->path, err);
			break;
		case 'K':
			ret = take_long_name(r, h, &pax->link, err);
			break;
		default:
			return 1;
		}
		if (ret < 0)
			return ret;
	}
}

int tar_next(struct tar_reader *r, const struct tar_entry **ret_entry, struct err *err)
{
	cleanup(tar_pax_reset) struct tar_pax pax = { 0 };
	struct tar_header h;
	int ret = tar_skip(r, r->left + r->padding, err);

	r->left = r->padding = r->done = 0;
	r->extent = 0;
	tar_entry_reset(&r->entry);
	if (ret == 0)
		ret = next_header(r, &pax, &h, err);
	if (ret <= 0)
		return ret;
	ret = make_entry(r, &h, &pax, err);
	if (ret == 0)
		ret = tar_check_map(r, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < pax.xattrs.n_xattrs; i++)
		if (tar_entry_add_xattr(&r->entry, pax.xattrs.xattrs[i].name,
					pax.xattrs.xattrs[i].value, pax.xattrs.xattrs[i].len) < 0)
			return err_errno(err, -ENOMEM, "read the archive");
	*ret_entry = &r->entry;
	return 1;
}

ssize_t tar_read(struct tar_reader *r, void *data, size_t max, uint64_t *ret_offset,
		 struct err *err)
{
	struct tar_entry *e = &r->entry;
	uint64_t offset, want = r->left;
	ssize_t n;

	while (e->sparse && r->extent < e->n_extents && r->done == e->extents[r->extent].len) {
		r->extent++;
		r->done = 0;
	}
	if (want == 0)
		return 0;
	if (e->sparse) {
		want = e->extents[r->extent].len - r->done;
		offset = e->extents[r->extent].offset + r->done;
	} else {
		offset = e->size_bytes - r->left;
	}
	n = tar_take(r, data, want < max ? (size_t)want : max, err);
	if (n <= 0)
		return n < 0 ? n : tar_bad(err, "it ends within a file");
	r->left -= (uint64_t)n;
	r->done += (uint64_t)n;
	*ret_offset = offset;
	return n;
}
