/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer wrote, the reader reads; and what it must refuse. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tar/format.h"
#include "tar/number.h"
#include "tar/reader.h"
#include "tar/writer.h"

struct memory {
	const char *data;
	size_t len;
};

static ssize_t read_memory(void *arg, void *data, size_t max)
{
	struct memory *m = arg;
	size_t n = m->len < max ? m->len : max;

	n = n < 100 ? n : 100; /* in pieces that fit no block */
	memcpy(data, m->data, n);
	m->data += n;
	m->len -= n;
	return (ssize_t)n;
}

static char *repeat(char c, size_t n)
{
	char *s = calloc(1, n + 1);

	assert_non_null(s);
	memset(s, c, n);
	return s;
}

/* Writes one member without data and reads it back. */
static void there_and_back(const struct tar_entry *e, struct tar_reader *r,
			   const struct tar_entry **ret)
{
	static struct buf b;
	static struct memory m;
	struct err err = { 0 };

	b.len = 0;
	assert_int_equal(tar_put_header(&b, e), 0);
	assert_int_equal(b.len % TAR_BLOCK_BYTES, 0);
	m = (struct memory){ b.data, b.len };
	*r = (struct tar_reader){ .read = read_memory, .arg = &m };
	assert_int_equal(tar_next(r, ret, &err), 1);
}

static void plain_member(void **state)
{
	struct tar_entry e = { .type = TAR_FOLDER,
			       .path = strdup("a/b/"),
			       .mode = 01755,
			       .uid = 1000,
			       .gid = 7,
			       .mtime_sec = 1234567890 };
	const struct tar_entry *got;
	struct tar_reader r;

	(void)state;
	there_and_back(&e, &r, &got);
	assert_string_equal(got->path, "a/b/");
	assert_int_equal(got->type, TAR_FOLDER);
	assert_int_equal(got->mode, 01755);
	assert_int_equal(got->uid, 1000);
	assert_int_equal(got->gid, 7);
	assert_int_equal(got->mtime_sec, 1234567890);
	assert_int_equal(got->mtime_nsec, 0);
	tar_reader_reset(&r);
	tar_entry_reset(&e);
}

static void long_names_and_large_numbers(void **state)
{
	const size_t lengths[] = { 99, 100, 101, 155, 256, 300, 5000 };
	const struct tar_entry *got;
	struct tar_reader r;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct tar_entry e = { .type = TAR_SYMLINK,
				       .path = repeat('p', lengths[i]),
				       .link = repeat('l', lengths[i]),
				       .uid = UINT32_MAX,
				       .gid = 2097152,
				       .mtime_sec = -2,
				       .mtime_nsec = 250000000 };

		e.path[lengths[i] / 2] = '/';
		there_and_back(&e, &r, &got);
		assert_string_equal(got->path, e.path);
		assert_string_equal(got->link, e.link);
		assert_int_equal(got->uid, UINT32_MAX);
		assert_int_equal(got->gid, 2097152);
		assert_int_equal(got->mtime_sec, -2);
		assert_int_equal(got->mtime_nsec, 250000000);
		tar_reader_reset(&r);
		tar_entry_reset(&e);
	}
}

static void file_larger_than_8_gib(void **state)
{
	struct tar_entry e = { .type = TAR_FILE, .path = strdup("big"), .size_bytes = 9ull << 30 };
	const struct tar_entry *got;
	struct tar_reader r;

	(void)state;
	there_and_back(&e, &r, &got);
	assert_int_equal(got->size_bytes, 9ull << 30);
	tar_reader_reset(&r);
	tar_entry_reset(&e);
}

static void extended_attributes_are_bytes(void **state)
{
	struct tar_entry e = { .type = TAR_FOLDER, .path = strdup("f/") };
	const struct tar_entry *got;
	struct tar_reader r;

	(void)state;
	assert_int_equal(tar_entry_add_xattr(&e, "user.a", "x\0\ny=", 5), 0);
	assert_int_equal(tar_entry_add_xattr(&e, "security.capability", "", 0), 0);
	there_and_back(&e, &r, &got);
	assert_int_equal(got->n_xattrs, 2);
	assert_string_equal(got->xattrs[0].name, "user.a");
	assert_int_equal(got->xattrs[0].len, 5);
	assert_memory_equal(got->xattrs[0].value, "x\0\ny=", 5);
	assert_int_equal(got->xattrs[1].len, 0);
	tar_reader_reset(&r);
	tar_entry_reset(&e);
}

static void sparse_file(void **state)
{
	struct tar_entry e = {
		.type = TAR_FILE, .path = repeat('s', 200), .size_bytes = 1ull << 40, .sparse = true
	};
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err = { 0 };
	const struct tar_entry *got;
	struct tar_reader r;
	struct memory m;
	const char zeros[505] = { 0 }; /* to the end of the block */
	uint64_t offset;
	char data[16];

	(void)state;
	assert_int_equal(tar_entry_add_extent(&e, 4096, 4), 0);
	assert_int_equal(tar_entry_add_extent(&e, 1ull << 39, 3), 0);
	assert_int_equal(tar_entry_add_extent(&e, 1ull << 40, 0), 0);
	assert_int_equal(tar_put_header(&b, &e), 0);
	assert_int_equal(tar_data_bytes(&e), 7);
	assert_int_equal(buf_add(&b, "abcdefg", 7), 0);
	assert_int_equal(buf_add(&b, zeros, sizeof(zeros)), 0);
	assert_int_equal(tar_put_end(&b), 0);
	m = (struct memory){ b.data, b.len };
	r = (struct tar_reader){ .read = read_memory, .arg = &m };
	assert_int_equal(tar_next(&r, &got, &err), 1);
	assert_int_equal(got->size_bytes, 1ull << 40);
	assert_string_equal(got->path, e.path);
	assert_int_equal(tar_read(&r, data, sizeof(data), &offset, &err), 4);
	assert_int_equal(offset, 4096);
	assert_memory_equal(data, "abcd", 4);
	assert_int_equal(tar_read(&r, data, sizeof(data), &offset, &err), 3);
	assert_int_equal(offset, 1ull << 39);
	assert_int_equal(tar_read(&r, data, sizeof(data), &offset, &err), 0);
	assert_int_equal(tar_next(&r, &got, &err), 0);
	tar_reader_reset(&r);
	tar_entry_reset(&e);
}

static void numbers(void **state)
{
	static const char negative[12] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe";
	static const char big[12] = "\x80\0\0\0\0\0\0\x02\0\0\0";
	static const char huge[12] = "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	int64_t n;

	(void)state;
	assert_int_equal(tar_number("0000644", 8, &n), 0);
	assert_int_equal(n, 0644);
	assert_int_equal(tar_number("   644 \0", 8, &n), 0);
	assert_int_equal(n, 0644);
	assert_int_equal(tar_number("77777777", 8, &n), 0);
	assert_int_equal(n, 077777777);
	assert_int_equal(tar_number("\0\0\0\0\0\0\0\0", 8, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tar_number(negative, 12, &n), 0);
	assert_int_equal(n, -2);
	assert_int_equal(tar_number(big, 12, &n), 0);
	assert_int_equal(n, 2ll << 32);
	assert_int_equal(tar_number("12a45678", 8, &n), -EBADMSG);
	assert_int_equal(tar_number(huge, 12, &n), -ERANGE);
}

static int read_all(const void *data, size_t len)
{
	struct memory m = { data, len };
	struct tar_reader r = { .read = read_memory, .arg = &m };
	const struct tar_entry *e;
	struct err err = { 0 };
	int ret;

	while ((ret = tar_next(&r, &e, &err)) > 0)
		;
	tar_reader_reset(&r);
	return ret;
}

static void what_is_no_archive_is_refused(void **state)
{
	struct tar_entry e = { .type = TAR_FILE, .path = strdup("f"), .size_bytes = 600 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(read_all("", 0), 0);
	assert_int_equal(read_all("garbage", 7), -EBADMSG);
	assert_int_equal(tar_put_header(&b, &e), 0);
	assert_int_equal(read_all(b.data, b.len), -EBADMSG); /* the data are missing */
	b.data[0] = 'g';
	assert_int_equal(read_all(b.data, b.len), -EBADMSG); /* the checksum is wrong */
	tar_entry_reset(&e);
}

static void add_pax(struct buf *b, const char *records)
{
	struct tar_entry e = { .type = TAR_FILE, .path = strdup("f") };
	size_t at = b->len;
	struct tar_header *h;
	unsigned sum = 0;

	assert_int_equal(tar_put_header(b, &e), 0);
	h = (struct tar_header *)(void *)(b->data + at);
	h->type = 'x';
	snprintf(h->size, sizeof(h->size), "%011o", (unsigned)strlen(records));
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const unsigned char *)h)[i];
	snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
	assert_int_equal(buf_adds(b, records), 0);
	assert_int_equal(buf_reserve(b, TAR_BLOCK_BYTES), 0);
	memset(b->data + b->len, 0, tar_padding(b->len));
	b->len += tar_padding(b->len);
	tar_entry_reset(&e);
}

static void add_file(struct buf *b)
{
	struct tar_entry e = { .type = TAR_FILE, .path = strdup("f") };

	assert_int_equal(tar_put_header(b, &e), 0);
	tar_entry_reset(&e);
}

static int read_pax(const char *records)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	add_pax(&b, records);
	add_file(&b);
	return read_all(b.data, b.len);
}

/* However many headers it is said in. */
static void what_is_said_of_one_member_is_bounded(void **state)
{
	cleanup(buf_reset) struct buf two = BUF_INIT, apart = BUF_INIT, record = BUF_INIT;
	cleanup_free char *value = repeat('v', 600000);

	(void)state;
	assert_int_equal(buf_addf(&record, "%d SCHILY.xattr.user.a=%s\n", 600000 + 28, value), 0);
	assert_int_equal(strlen(record.data), 600000 + 28);
	add_pax(&two, record.data);
	add_pax(&two, record.data);
	add_file(&two);
	assert_int_equal(read_all(two.data, two.len), -EBADMSG);
	for (int i = 0; i < 2; i++) {
		add_pax(&apart, record.data);
		add_file(&apart);
	}
	assert_int_equal(read_all(apart.data, apart.len), 0);
}

static void bad_pax_records_are_refused(void **state)
{
	(void)state;
	assert_int_equal(read_pax("8 path=x\n"), -EBADMSG);
	assert_int_equal(read_pax("9 path=x\n"), 0);
	assert_int_equal(read_pax("99999999999999999999 path=x\n"), -EBADMSG);
	assert_int_equal(read_pax("9 path=x"), -EBADMSG);
	assert_int_equal(read_pax("9 pathxx\n"), -EBADMSG);
	assert_int_equal(read_pax("8 path=\n"), -EBADMSG);
	assert_int_equal(read_pax("28 size=99999999999999999999\n"), -EBADMSG);
	assert_int_equal(read_pax("18 size=1234567890\n"), -EBADMSG); /* no such data */
	assert_int_equal(read_pax("12 mtime=-.\n"), 0);
	assert_int_equal(read_pax("22 GNU.sparse.major=0\n"), -EOPNOTSUPP);
	assert_int_equal(read_pax("22 GNU.sparse.major=1\n"), -EBADMSG);
	assert_int_equal(read_pax("27 GNU.sparse.offset=12345\n"), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_member),
		cmocka_unit_test(long_names_and_large_numbers),
		cmocka_unit_test(file_larger_than_8_gib),
		cmocka_unit_test(extended_attributes_are_bytes),
		cmocka_unit_test(sparse_file),
		cmocka_unit_test(numbers),
		cmocka_unit_test(what_is_no_archive_is_refused),
		cmocka_unit_test(bad_pax_records_are_refused),
		cmocka_unit_test(what_is_said_of_one_member_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
