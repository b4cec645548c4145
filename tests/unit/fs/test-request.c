/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/request.h"
#include "link/shares.h"

/* A message while it is put together. */
struct message {
	_Alignas(8) unsigned char bytes[512];
	size_t len;
};

static struct message begin(uint32_t opcode)
{
	struct message m = { .len = sizeof(struct fuse_in_header) };
	struct fuse_in_header head = { .opcode = opcode, .unique = 7, .nodeid = 3 };

	memcpy(m.bytes, &head, sizeof(head));
	return m;
}

static void add(struct message *m, const void *data, size_t len)
{
	assert_true(m->len + len <= sizeof(m->bytes));
	memcpy(m->bytes + m->len, data, len);
	m->len += len;
}

static int parse(struct message *m, struct request *ret)
{
	const uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len));
	return request_parse(m->bytes, m->len, true, ret);
}

static void parts_are_found(void **state)
{
	const struct fuse_rename2_in in = { .newdir = 9, .flags = 1 };
	struct message m = begin(FUSE_RENAME2);
	struct request rq;

	(void)state;
	add(&m, &in, sizeof(in));
	add(&m, "old\0new", 8);
	assert_int_equal(parse(&m, &rq), 0);
	assert_int_equal(rq.head->nodeid, 3);
	assert_int_equal(((const struct fuse_rename2_in *)rq.fixed)->newdir, 9);
	assert_string_equal(rq.names[0], "old");
	assert_string_equal(rq.names[1], "new");
	assert_int_equal(rq.data_len, 0);
}

static void each_cut_message_is_refused(void **state)
{
	const struct fuse_setxattr_in in = { .size = 5 };
	struct message m = begin(FUSE_SETXATTR);
	struct request rq;
	size_t whole;

	(void)state;
	add(&m, &in, sizeof(in));
	add(&m, "user.x\0value", 12);
	whole = m.len;
	assert_int_equal(parse(&m, &rq), 0);
	assert_int_equal(rq.data_len, 5);
	assert_memory_equal(rq.data, "value", 5);
	for (m.len = 0; m.len < whole; m.len++)
		assert_int_equal(parse(&m, &rq), -EBADMSG);
	m.len = whole;
	add(&m, "", 1);
	assert_int_equal(parse(&m, &rq), -EBADMSG);
}

static void the_length_in_the_head_has_to_be_that_of_the_message(void **state)
{
	struct message m = begin(FUSE_STATFS);
	struct request rq;
	const uint32_t wrong[] = { 0, 39, 41, UINT32_MAX };

	(void)state;
	assert_int_equal(parse(&m, &rq), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		memcpy(m.bytes, &wrong[i], sizeof(wrong[i]));
		assert_int_equal(request_parse(m.bytes, m.len, true, &rq), -EBADMSG);
	}
}

static void names_have_an_end(void **state)
{
	struct message m = begin(FUSE_LOOKUP);
	struct request rq;

	(void)state;
	add(&m, "name without", 12);
	assert_int_equal(parse(&m, &rq), -EBADMSG);
	add(&m, "", 1);
	assert_int_equal(parse(&m, &rq), 0);
	add(&m, "more", 5);
	assert_int_equal(parse(&m, &rq), -EBADMSG);
}

static void counts_fit_what_follows(void **state)
{
	struct fuse_batch_forget_in in = { .count = 2 };
	struct fuse_forget_one one[2] = { { 1, 1 }, { 2, 2 } };
	struct message m = begin(FUSE_BATCH_FORGET);
	struct request rq;

	(void)state;
	add(&m, &in, sizeof(in));
	add(&m, one, sizeof(one));
	assert_int_equal(parse(&m, &rq), 0);
	in.count = UINT32_MAX;
	memcpy(m.bytes + sizeof(struct fuse_in_header), &in, sizeof(in));
	assert_int_equal(parse(&m, &rq), -EBADMSG);
	in.count = 0x10000002; /* of which the product with 16 is 32 in 32 bits */
	memcpy(m.bytes + sizeof(struct fuse_in_header), &in, sizeof(in));
	assert_int_equal(parse(&m, &rq), -EBADMSG);
}

static void an_unknown_request_has_a_head(void **state)
{
	struct message m = begin(4711);
	struct request rq;

	(void)state;
	add(&m, "anything", 8);
	assert_int_equal(parse(&m, &rq), 0);
	assert_null(rq.fixed);
	assert_int_equal(rq.data_len, 8);
}

static void the_short_form_of_xattrs_is_understood(void **state)
{
	const struct fuse_setxattr_in in = { .size = 1 };
	struct message m = begin(FUSE_SETXATTR);
	struct request rq;
	uint32_t len;

	(void)state;
	add(&m, &in, FUSE_COMPAT_SETXATTR_IN_SIZE);
	add(&m, "user.x\0v", 8);
	len = (uint32_t)m.len;
	memcpy(m.bytes, &len, sizeof(len));
	assert_int_equal(request_parse(m.bytes, m.len, false, &rq), 0);
	assert_string_equal(rq.names[0], "user.x");
	assert_int_equal(request_parse(m.bytes, m.len, true, &rq), -EBADMSG);
}

static void what_leads_elsewhere_is_no_name(void **state)
{
	char name[300];

	(void)state;
	assert_int_equal(request_check_name("a..b"), 0);
	assert_int_equal(request_check_name("..."), 0);
	assert_int_equal(request_check_name(""), -EINVAL);
	assert_int_equal(request_check_name("."), -EINVAL);
	assert_int_equal(request_check_name(".."), -EINVAL);
	assert_int_equal(request_check_name("a/b"), -EINVAL);
	assert_int_equal(request_check_name("/"), -EINVAL);
	memset(name, 'x', sizeof(name));
	name[256] = '\0';
	assert_int_equal(request_check_name(name), -ENAMETOOLONG);
	name[255] = '\0';
	assert_int_equal(request_check_name(name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(each_cut_message_is_refused),
		cmocka_unit_test(the_length_in_the_head_has_to_be_that_of_the_message),
		cmocka_unit_test(names_have_an_end),
		cmocka_unit_test(counts_fit_what_follows),
		cmocka_unit_test(an_unknown_request_has_a_head),
		cmocka_unit_test(the_short_form_of_xattrs_is_understood),
		cmocka_unit_test(what_leads_elsewhere_is_no_name),
	};

	return cmocka_run_group_tests_name("fs: request", tests, NULL, NULL);
}
