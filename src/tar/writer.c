/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "tar/format.h"

#define ID_MAX	  07777777u
#define BYTES_MAX 077777777777u
#define TIME_MAX  077777777777

static const char type_letters[] = {
	[TAR_FILE] = '0',  [TAR_HARDLINK] = '1', [TAR_SYMLINK] = '2', [TAR_CHAR] = '3',
	[TAR_BLOCK] = '4', [TAR_FOLDER] = '5',	 [TAR_FIFO] = '6',
};

/* Writes octal digits, and a NUL as the field's last byte.  The caller makes sure that @value
 * fits. */
static void put_octal(char *field, size_t size, uint64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i > 0; i--, value >>= 3)
		field[i - 1] = (char)('0' + (value & 7));
}

static void put_checksum(struct tar_header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->checksum, sizeof(h->checksum) - 1, sum);
}

static void fill_common(struct tar_header *h, char type)
{
	memset(h, 0, sizeof(*h));
	h->type = type;
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
}

/* A pax record begins with its own length, in which the digits of that length count, too. */
static int add_record(struct buf *b, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest, before;
	char digits[24];

	do {
		before = total;
		total = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", total);
	} while (total != before);
	if (buf_addf(b, "%zu %s=", total, key) < 0 || buf_add(b, value, len) < 0)
		return -ENOMEM;
	return buf_adds(b, "\n");
}

static int add_text(struct buf *b, const char *key, const char *value)
{
	return add_record(b, key, value, strlen(value));
}

static int add_number(struct buf *b, const char *key, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return add_text(b, key, digits);
}

/* pax writes times as decimal numbers, so a time before 1970 is negative as a whole: second -2 and
 * nanosecond 750000000 are -1.25. */
static int add_time(struct buf *b, int64_t sec, uint32_t nsec)
{
	char text[40];

	if (sec < 0 && nsec > 0)
		snprintf(text, sizeof(text), "-%" PRIu64 ".%09u", (uint64_t) - (sec + 1),
			 1000000000u - nsec);
	else
		snprintf(text, sizeof(text), "%" PRId64 ".%09u", sec, nsec);
	return add_text(b, "mtime", text);
}

static int add_xattr(struct buf *b, const struct tar_xattr *x)
{
	cleanup_free char *key = str_printf("SCHILY.xattr.%s", x->name);

	/* A record's key ends at its first equals sign, so an attribute with one in its name is
	 * left out. */
	if (!key)
		return -ENOMEM;
	return strchr(x->name, '=') ? 0 : add_record(b, key, x->value, x->len);
}

/* Puts a path into the header's two fields.  Return: does it fit? */
static bool put_path(struct tar_header *h, const char *path)
{
	size_t len = strlen(path);
	const char *cut;

	if (len <= sizeof(h->name)) {
		memcpy(h->name, path, len);
		return true;
	}
	cut = strchr(path + len - sizeof(h->name) - 1, '/');
	if (cut && cut[1] && cut > path && (size_t)(cut - path) <= sizeof(h->prefix)) {
		memcpy(h->prefix, path, (size_t)(cut - path));
		memcpy(h->name, cut + 1, strlen(cut + 1));
		return true;
	}
	memcpy(h->name, path, sizeof(h->name));
	return false;
}

/* Makes the map of GNU's sparse format 1.0: text that stands before the data. */
static int make_map(const struct tar_entry *e, struct buf *ret)
{
	int r = buf_addf(ret, "%zu\n", e->n_extents);

	for (size_t i = 0; r == 0 && i < e->n_extents; i++)
		r = buf_addf(ret, "%" PRIu64 "\n%" PRIu64 "\n", e->extents[i].offset,
			     e->extents[i].len);
	if (r == 0 && tar_padding(ret->len) > 0) {
		static const char zeros[TAR_BLOCK_BYTES];

		r = buf_add(ret, zeros, tar_padding(ret->len));
	}
	return r;
}

static int add_sparse(struct buf *b, const struct tar_entry *e)
{
	int r = add_text(b, "GNU.sparse.major", "1");

	if (r == 0)
		r = add_text(b, "GNU.sparse.minor", "0");
	if (r == 0)
		r = add_text(b, "GNU.sparse.name", e->path);
	return r == 0 ? add_number(b, "GNU.sparse.realsize", e->size_bytes) : r;
}

static uint64_t clip_number(uint64_t value, uint64_t max)
{
	return value > max ? 0 : value;
}

/* Fills the header, and appends to @pax what has no room in it. */
static int fill_header(struct tar_header *h, const struct tar_entry *e, uint64_t size,
		       struct buf *pax)
{
	bool plain_time = e->mtime_nsec == 0 && e->mtime_sec >= 0 && e->mtime_sec <= TIME_MAX;
	int r = 0;

	fill_common(h, type_letters[e->type]);
	put_octal(h->mode, sizeof(h->mode), e->mode & 07777);
	put_octal(h->uid, sizeof(h->uid), clip_number(e->uid, ID_MAX));
	put_octal(h->gid, sizeof(h->gid), clip_number(e->gid, ID_MAX));
	put_octal(h->size, sizeof(h->size), clip_number(size, BYTES_MAX));
	put_octal(h->mtime, sizeof(h->mtime),
		  e->mtime_sec >= 0 && e->mtime_sec <= TIME_MAX ? (uint64_t)e->mtime_sec : 0);
	put_octal(h->major, sizeof(h->major), clip_number(e->major, ID_MAX));
	put_octal(h->minor, sizeof(h->minor), clip_number(e->minor, ID_MAX));
	if (!put_path(h, e->path) && !e->sparse)
		r = add_text(pax, "path", e->path);
	if (r == 0 && e->link) {
		size_t len = strlen(e->link);

		memcpy(h->link, e->link, len < sizeof(h->link) ? len : sizeof(h->link));
		if (len > sizeof(h->link))
			r = add_text(pax, "linkpath", e->link);
	}
	if (r == 0 && e->uid > ID_MAX)
		r = add_number(pax, "uid", e->uid);
	if (r == 0 && e->gid > ID_MAX)
		r = add_number(pax, "gid", e->gid);
	if (r == 0 && size > BYTES_MAX)
		r = add_number(pax, "size", size);
	if (r == 0 && !plain_time)
		r = add_time(pax, e->mtime_sec, e->mtime_nsec);
	for (size_t i = 0; r == 0 && i < e->n_xattrs; i++)
		r = add_xattr(pax, &e->xattrs[i]);
	if (r == 0 && e->sparse)
		r = add_sparse(pax, e);
	return r;
}

static int add_block(struct buf *b, const struct tar_header *h)
{
	return buf_add(b, h, sizeof(*h));
}

static int add_padding(struct buf *b, size_t len)
{
	static const char zeros[TAR_BLOCK_BYTES];

	return buf_add(b, zeros, tar_padding(len));
}

static int put_pax(struct buf *b, const struct buf *pax)
{
	struct tar_header h;

	fill_common(&h, 'x');
	memcpy(h.name, "PaxHeaders/entry", sizeof("PaxHeaders/entry"));
	put_octal(h.mode, sizeof(h.mode), 0644);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), pax->len);
	put_octal(h.mtime, sizeof(h.mtime), 0);
	put_checksum(&h);
	if (add_block(b, &h) < 0 || buf_add(b, pax->data, pax->len) < 0)
		return -ENOMEM;
	return add_padding(b, pax->len);
}

int tar_put_header(struct buf *b, const struct tar_entry *e)
{
	cleanup(buf_reset) struct buf pax = BUF_INIT, map = BUF_INIT;
	uint64_t size = tar_data_bytes(e);
	struct tar_header h;
	int r = e->sparse ? make_map(e, &map) : 0;

	if (r == 0)
		r = fill_header(&h, e, size + map.len, &pax);
	if (r == 0 && pax.len > 0)
		r = put_pax(b, &pax);
	if (r < 0)
		return r;
	put_checksum(&h);
	r = add_block(b, &h);
	return r == 0 && map.len > 0 ? buf_add(b, map.data, map.len) : r;
}

uint64_t tar_data_bytes(const struct tar_entry *e)
{
	uint64_t sum = 0;

	if (e->type != TAR_FILE)
		return 0;
	if (!e->sparse)
		return e->size_bytes;
	for (size_t i = 0; i < e->n_extents; i++)
		sum += e->extents[i].len;
	return sum;
}

size_t tar_padding(uint64_t data_bytes)
{
	return (size_t)(-data_bytes & (TAR_BLOCK_BYTES - 1));
}

int tar_put_end(struct buf *b)
{
	static const char zeros[2 * TAR_BLOCK_BYTES];

	return buf_add(b, zeros, sizeof(zeros));
}
