/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/share/quick.h"

#define WAKER 9u
#define KEPT  (FOPEN_KEEP_CACHE | FOPEN_NOFLUSH)

/* A request with the room for what follows its head. */
struct request {
	struct fuse_in_header head;
	union {
		struct fuse_open_in open;
		struct fuse_release_in release;
		struct fuse_flush_in flush;
		struct {
			struct fuse_getxattr_in in;
			char name[32];
		} getxattr;
	};
};

static int set_up(void **state)
{
	struct quick *q = calloc(1, sizeof(*q));

	q->waker = WAKER;
	*state = q;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static struct request open_of(uint64_t unique, uint64_t node, uint32_t flags)
{
	return (struct request){
		.head = { .opcode = FUSE_OPEN, .unique = unique, .nodeid = node, .pid = 1 },
		.open = { .flags = flags },
	};
}

static struct request release_of(uint64_t unique, uint64_t fh)
{
	return (struct request){ .head = { .opcode = FUSE_RELEASE, .unique = unique },
				 .release = { .fh = fh } };
}

static void host_replies(struct quick *q, uint64_t unique, uint32_t open_flags)
{
	const struct {
		struct fuse_out_header head;
		struct fuse_open_out open;
	} m = { { .len = sizeof(m), .unique = unique }, { .fh = 1, .open_flags = open_flags } };

	quick_reply(q, &m, sizeof(m));
}

/* The host has said once that what is cached of it stays. */
static void learn(struct quick *q, uint64_t node)
{
	struct request r = open_of(2, node, O_RDONLY);
	struct quick_answer a;

	assert_int_equal(quick_request(q, &r.head, &a), QUICK_PASS);
	assert_int_equal(r.head.unique, 2);
	host_replies(q, 2, KEPT);
}

/* Return: the number it has; 0: the host is asked. */
static uint64_t opens(struct quick *q, uint64_t node, uint32_t flags)
{
	struct request r = open_of(4, node, flags);
	struct quick_answer a;

	if (quick_request(q, &r.head, &a) == QUICK_PASS)
		return 0;
	assert_int_equal(a.head.len, sizeof(a));
	assert_int_equal(a.head.unique, 4);
	assert_int_equal(a.open.open_flags, KEPT);
	assert_true(a.open.fh >= SHARES_FH);
	return a.open.fh;
}

static enum quick_way closes(struct quick *q, uint64_t fh)
{
	struct request r = release_of(6, fh);
	struct quick_answer a;
	enum quick_way way = quick_request(q, &r.head, &a);

	assert_int_equal(a.head.len, sizeof(a.head));
	assert_int_equal(a.head.unique, 6);
	assert_int_equal(r.head.unique, way == QUICK_TELL ? 0 : 6);
	return way;
}

static void known_files_are_opened_here(void **state)
{
	struct quick *q = *state;
	unsigned char out[QUICK_BYTES_MAX];
	struct shares_open m;
	uint64_t fh;

	assert_int_equal(opens(q, 5, O_RDONLY), 0);
	learn(q, 5);
	assert_int_equal(opens(q, 6, O_RDONLY), 0);
	fh = opens(q, 5, O_RDONLY | O_CLOEXEC);
	assert_true(fh != 0);
	/* The host never hears of it. */
	assert_int_equal(closes(q, fh), QUICK_ANSWER);
	assert_int_equal(quick_waiting(q, out), 0);
	/* It does before it is asked for anything. */
	fh = opens(q, 5, O_RDONLY);
	assert_int_equal(quick_waiting(q, out), sizeof(m));
	memcpy(&m, out, sizeof(m));
	assert_int_equal(m.head.len, sizeof(m));
	assert_int_equal(m.head.opcode, SHARES_OPEN);
	assert_int_equal(m.head.unique, 0);
	assert_int_equal(m.head.nodeid, 5);
	assert_int_equal(m.fh, fh);
	assert_int_equal(closes(q, fh), QUICK_TELL);
}

static void others_are_not(void **state)
{
	struct quick *q = *state;
	struct request r = open_of(4, 5, O_RDONLY);
	struct quick_answer a;

	learn(q, 5);
	assert_int_equal(opens(q, 5, O_RDWR), 0);
	assert_int_equal(opens(q, 5, O_RDONLY | O_TRUNC), 0);
	r.head.pid = WAKER;
	assert_int_equal(quick_request(q, &r.head, &a), QUICK_PASS);
	/* Nothing may be kept of it. */
	r = open_of(8, 7, O_RDONLY);
	assert_int_equal(quick_request(q, &r.head, &a), QUICK_PASS);
	host_replies(q, 8, FOPEN_NOFLUSH);
	assert_int_equal(opens(q, 7, O_RDONLY), 0);
}

static void changes_make_it_ask_again(void **state)
{
	struct quick *q = *state;
	struct request r = { .head = { .opcode = FUSE_RENAME2, .unique = 10, .nodeid = 1 } };
	struct quick_answer a;

	learn(q, 5);
	learn(q, 6);
	quick_changed(q, &(struct shares_changed){ .node = 5, .what = SHARES_DATA });
	assert_int_equal(opens(q, 5, O_RDONLY), 0);
	assert_true(opens(q, 6, O_RDONLY) != 0);
	quick_changed(q, &(struct shares_changed){ .parent = 2, .what = SHARES_REMOVED });
	assert_int_equal(opens(q, 6, O_RDONLY), 0);
	learn(q, 6);
	assert_int_equal(quick_request(q, &r.head, &a), QUICK_PASS);
	assert_int_equal(opens(q, 6, O_RDONLY), 0);
}

static void host_made(struct quick *q, uint64_t unique, uint64_t node, uint64_t attr_seconds)
{
	struct request r = { .head = { .opcode = FUSE_CREATE, .unique = unique, .nodeid = 1 } };
	const struct {
		struct fuse_out_header head;
		struct fuse_entry_out e;
		struct fuse_open_out open;
	} m = { { .len = sizeof(m), .unique = unique },
		{ .nodeid = node, .attr_valid = attr_seconds },
		{ .fh = 1 } };
	struct quick_answer a;

	assert_int_equal(quick_request(q, &r.head, &a), QUICK_PASS);
	quick_reply(q, &m, sizeof(m));
}

/* Return: is it known here that it has none? */
static bool has_none(struct quick *q, uint64_t node, const char *name)
{
	struct request r = { .head = { .opcode = FUSE_GETXATTR, .unique = 8, .nodeid = node } };
	struct quick_answer a;

	strcpy(r.getxattr.name, name);
	if (quick_request(q, &r.head, &a) == QUICK_PASS)
		return false;
	assert_int_equal(a.head.len, sizeof(a.head));
	assert_int_equal(a.head.unique, 8);
	assert_int_equal(a.head.error, -ENODATA);
	return true;
}

static void a_new_file_has_no_capabilities_until_somebody_sets_them(void **state)
{
	struct quick *q = *state;
	struct request set = { .head = { .opcode = FUSE_SETXATTR, .unique = 10, .nodeid = 6 } };
	struct quick_answer a;

	host_made(q, 2, 5, 100);
	host_made(q, 4, 6, 100);
	host_made(q, 6, 7, 0); /* where no changes are told of */
	assert_true(has_none(q, 5, "security.capability"));
	assert_false(has_none(q, 5, "security.selinux"));
	assert_false(has_none(q, 7, "security.capability"));
	assert_false(has_none(q, 8, "security.capability"));
	assert_int_equal(quick_request(q, &set.head, &a), QUICK_PASS);
	assert_false(has_none(q, 6, "security.capability"));
	quick_changed(q, &(struct shares_changed){ .node = 5, .what = SHARES_ATTR });
	assert_false(has_none(q, 5, "security.capability"));
}

static void what_is_forgotten_waits_for_something_else(void **state)
{
	struct quick *q = *state;
	struct request r = { .head = { .opcode = FUSE_FORGET, .unique = 2 } };
	struct quick_answer a;

	assert_int_equal(quick_request(q, &r.head, &a), QUICK_KEEP);
	r.head.opcode = FUSE_BATCH_FORGET;
	assert_int_equal(quick_request(q, &r.head, &a), QUICK_KEEP);
}

static void many_at_once_go_to_the_host(void **state)
{
	struct quick *q = *state;
	unsigned char out[QUICK_BYTES_MAX];
	uint64_t last = 0, fh;
	size_t n = 0;

	learn(q, 5);
	while ((fh = opens(q, 5, O_RDONLY))) {
		assert_int_not_equal(fh, last);
		last = fh;
		if (++n % QUICK_WAITING == 0)
			quick_waiting(q, out);
	}
	assert_int_equal(n, SHARES_FH_MAX);
	assert_int_equal(closes(q, last), QUICK_TELL);
	assert_int_equal(opens(q, 5, O_RDONLY), last);
	for (n = 1; n < QUICK_WAITING; n++) {
		closes(q, SHARES_FH + n);
		assert_true(opens(q, 5, O_RDONLY) != 0);
	}
	closes(q, SHARES_FH);
	assert_int_equal(opens(q, 5, O_RDONLY), 0); /* too many wait */
}

static void nobody_waits_for_what_is_closed(void **state)
{
	struct quick *q = *state;
	struct request r = { .head = { .opcode = FUSE_FLUSH, .unique = 12 } };
	struct quick_answer a;

	assert_int_equal(closes(q, 77), QUICK_TELL);
	assert_int_equal(quick_request(q, &r.head, &a), QUICK_TELL);
	assert_int_equal(a.head.unique, 12);
	assert_int_equal(a.head.error, 0);
	assert_int_equal(r.head.unique, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_files_are_opened_here),
		TEST(others_are_not),
		TEST(changes_make_it_ask_again),
		TEST(many_at_once_go_to_the_host),
		TEST(nobody_waits_for_what_is_closed),
		TEST(a_new_file_has_no_capabilities_until_somebody_sets_them),
		TEST(what_is_forgotten_waits_for_something_else),
	};

	return cmocka_run_group_tests_name("guest: quick", tests, NULL, NULL);
}
