/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/pax.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define XATTR_PREFIX "SCHILY.xattr."

/* A record, borrowed from the text.  Its value has a length, as it may hold NULs. */
struct pax_record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t len;
};

void tar_pax_reset(struct tar_pax *p)
{
	free(p->path);
	free(p->link);
	free(p->sparse_path);
	tar_entry_reset(&p->xattrs);
	*p = (struct tar_pax){ 0 };
}

static int bad_header(struct err *err)
{
	return err_set(err, -EBADMSG, "the archive is damaged: a pax header makes no sense");
}

/* Return: how many bytes the record takes; -EBADMSG. */
static ssize_t next_record(const char *text, size_t len, struct pax_record *ret)
{
	size_t size = 0, i = 0;
	const char *equals;

	for (; i < len && text[i] >= '0' && text[i] <= '9' && size <= len; i++)
		size = size * 10 + (size_t)(text[i] - '0');
	if (i == 0 || i >= len || text[i] != ' ' || size > len || size < i + 3 ||
	    text[size - 1] != '\n')
		return -EBADMSG;
	i++;
	equals = memchr(text + i, '=', size - 1 - i);
	if (!equals)
		return -EBADMSG;
	*ret = (struct pax_record){ .key = text + i,
				    .key_len = (size_t)(equals - text) - i,
				    .value = equals + 1,
				    .len = (size_t)(text + size - 1 - (equals + 1)) };
	return (ssize_t)size;
}

static int set_text(const struct pax_record *rec, char **to, struct err *err)
{
	char *copy;

	if (memchr(rec->value, '\0', rec->len))
		return bad_header(err);
	copy = strndup(rec->value, rec->len);
	if (!copy)
		return err_errno(err, -ENOMEM, "read the archive");
	free(*to);
	*to = copy;
	return 0;
}

static int set_number(const struct pax_record *rec, uint64_t max, uint64_t *ret, struct err *err)
{
	char digits[24];
	uint64_t value;

	if (rec->len == 0 || rec->len >= sizeof(digits))
		return bad_header(err);
	memcpy(digits, rec->value, rec->len);
	digits[rec->len] = '\0';
	if (str_to_u64(digits, &value) < 0 || value > max)
		return bad_header(err);
	*ret = value;
	return 0;
}

/* @rec: a decimal number with a sign and a fraction */
static int set_time(const struct pax_record *rec, struct tar_pax *p, struct err *err)
{
	bool negative = rec->len > 0 && rec->value[0] == '-';
	uint32_t nsec = 0, weight = 100000000;
	size_t i = negative ? 1 : 0;
	int64_t sec = 0;

	if (i == rec->len)
		return bad_header(err);
	for (; i < rec->len && rec->value[i] != '.'; i++) {
		if (rec->value[i] < '0' || rec->value[i] > '9' || sec > INT64_MAX / 100)
			return bad_header(err);
		sec = sec * 10 + (rec->value[i] - '0');
	}
	for (i++; i < rec->len; i++, weight /= 10) {
		if (rec->value[i] < '0' || rec->value[i] > '9')
			return bad_header(err);
		nsec += weight * (uint32_t)(rec->value[i] - '0');
	}
	if (negative && nsec > 0) {
		sec++;
		nsec = 1000000000u - nsec;
	}
	p->mtime_sec = negative ? -sec : sec;
	p->mtime_nsec = nsec;
	p->has_mtime = true;
	return 0;
}

static int set_id(const struct pax_record *rec, bool *has, uint32_t *ret, struct err *err)
{
	uint64_t value = 0;
	int r = set_number(rec, UINT32_MAX, &value, err);

	if (r < 0)
		return r;
	*has = true;
	*ret = (uint32_t)value;
	return 0;
}

static int add_xattr(const struct pax_record *rec, struct tar_pax *p, struct err *err)
{
	size_t skip = strlen(XATTR_PREFIX);
	cleanup_free char *name = strndup(rec->key + skip, rec->key_len - skip);
	int r = name ? tar_entry_add_xattr(&p->xattrs, name, rec->value, rec->len) : -ENOMEM;

	return r < 0 ? err_errno(err, r, "read the archive") : 0;
}

static bool is_key(const struct pax_record *rec, const char *key)
{
	return rec->key_len == strlen(key) && memcmp(rec->key, key, rec->key_len) == 0;
}

static bool has_prefix(const struct pax_record *rec, const char *prefix)
{
	return rec->key_len > strlen(prefix) && memcmp(rec->key, prefix, strlen(prefix)) == 0;
}

static int old_sparse(struct err *err)
{
	return err_set(err, -EOPNOTSUPP,
		       "the archive has a sparse file in an old format of GNU tar; make it with "
		       "--sparse-version=1.0");
}

static int apply_sparse(const struct pax_record *rec, struct tar_pax *p, struct err *err)
{
	uint64_t version = 0;
	int r;

	if (is_key(rec, "GNU.sparse.major")) {
		r = set_number(rec, UINT64_MAX, &version, err);
		if (r == 0 && version == 1)
			p->is_sparse = true;
		return r == 0 && version != 1 ? old_sparse(err) : r;
	}
	if (is_key(rec, "GNU.sparse.minor")) {
		r = set_number(rec, UINT64_MAX, &version, err);
		return r == 0 && version != 0 ? old_sparse(err) : r;
	}
	if (is_key(rec, "GNU.sparse.name"))
		return set_text(rec, &p->sparse_path, err);
	if (is_key(rec, "GNU.sparse.realsize"))
		return set_number(rec, INT64_MAX, &p->real_size, err);
	return old_sparse(err);
}

static int apply_record(const struct pax_record *rec, struct tar_pax *p, struct err *err)
{
	if (is_key(rec, "path"))
		return set_text(rec, &p->path, err);
	if (is_key(rec, "linkpath"))
		return set_text(rec, &p->link, err);
	if (is_key(rec, "size")) {
		p->has_size = true;
		return set_number(rec, INT64_MAX, &p->size, err);
	}
	if (is_key(rec, "uid"))
		return set_id(rec, &p->has_uid, &p->uid, err);
	if (is_key(rec, "gid"))
		return set_id(rec, &p->has_gid, &p->gid, err);
	if (is_key(rec, "mtime"))
		return set_time(rec, p, err);
	if (has_prefix(rec, XATTR_PREFIX))
		return add_xattr(rec, p, err);
	return has_prefix(rec, "GNU.sparse.") ? apply_sparse(rec, p, err) : 0;
}

int tar_pax_parse(const char *text, size_t len, struct tar_pax *p, struct err *err)
{
	while (len > 0) {
		struct pax_record rec;
		ssize_t n = next_record(text, len, &rec);
		int r = n < 0 ? bad_header(err) : apply_record(&rec, p, err);

		if (r < 0)
			return r;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

void tar_pax_apply(struct tar_pax *p, struct tar_entry *e, int64_t *size)
{
	if (p->has_size)
		*size = (int64_t)p->size;
	if (p->has_uid)
		e->uid = p->uid;
	if (p->has_gid)
		e->gid = p->gid;
	if (p->has_mtime) {
		e->mtime_sec = p->mtime_sec;
		e->mtime_nsec = p->mtime_nsec;
	}
	if (p->is_sparse && p->sparse_path) {
		free(e->path);
		e->path = take_ptr(p->sparse_path);
	}
}
