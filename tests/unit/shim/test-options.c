/* SPDX-License-Identifier: Apache-2.0 */
/* What most containers do without: options, and limits later; and what comes of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "fake.h"
#include "link/query.h"
#include "link/setup.h"
#include "oci/options.h"

#define LIMIT "{\"op\":\"limits\",\"settings\":[\"memory.max=5\",\"cpu.max=max 100000\"]}"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static struct wire_view view(const struct buf *b)
{
	return (struct wire_view){ (const unsigned char *)b->data, b->len };
}

static void send_of_container(int fd, enum link_type type, const struct buf *payload)
{
	struct link_header h = { .type = type, .container = 1 };

	guest_send_frame(fd, h, payload->data, payload->len);
}

static void check_options(struct wire_view payload)
{
	struct oci_options o = { 0 };

	check(oci_options_get(payload, &o) == 0);
	check(o.init && streq(o.groups[0], "audio") && o.seccomp.len > 0);
	oci_options_reset(&o);
}

static void with_options(int fd)
{
	struct buf payload = BUF_INIT, empty = BUF_INIT;
	struct link_container c;

	guest_hello(fd);
	guest_expect(fd, LINK_CONTAINER, &payload);
	check(link_container_get(view(&payload), &c) == 0);
	check_options(c.options);
	link_container_reset(&c);
	buf_reset(&payload);
	send_of_container(fd, LINK_READY, &empty);
	guest_started(fd);
	guest_exited(fd, 1, 7, 0);
	guest_down(fd);
}

static void options_go_with_the_container_their_filter_compiled(void **state)
{
	static const char config[] =
		"{\"ociVersion\":\"1.0.2\",\"hostname\":\"box\",\"root\":{\"path\":\"/dev/null\"},"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},\"dev.moat\":{\"init\":true,"
		"\"groups\":[\"audio\"]},\"linux\":{\"seccomp\":{\"defaultAction\":"
		"\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":"
		"\"SCMP_ACT_ERRNO\"}]}}}";
	struct box b;
	json_t *end;
	int w;

	(void)state;
	box_new(&b);
	assert_int_equal(file_write_atomic(b.dir_fd, CONFIG_FILE, config, sizeof(config) - 1, 0600),
			 0);
	w = box_run(&b, with_options);
	end = box_event(w, "exited");
	assert_int_equal(number(end, "code"), 7);
	json_decref(end);
	close(w);
	box_end(&b);
}

/* Answers LIMITS once with yes and once with no. */
static void answer_limits(int fd)
{
	struct err no = { .code = -EBUSY, .msg = "too little" }, yes = { 0 };
	struct err *answers[] = { &yes, &no };
	struct buf payload = BUF_INIT;
	char **settings;
	uint32_t id;

	guest_boot(fd);
	guest_started(fd);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		guest_expect(fd, LINK_LIMITS, &payload);
		check(link_limits_get(view(&payload), &id, &settings) == 0);
		check(strv_len(settings) == 2 && streq(settings[1], "cpu.max=max 100000"));
		strv_free(settings);
		buf_reset(&payload);
		check(link_done_put(&payload, id, answers[i]) == 0);
		send_of_container(fd, LINK_LIMITS, &payload);
	}
	buf_reset(&payload);
	guest_expect(fd, LINK_SIGNAL, NULL);
	check(wire_put_u64(&payload, 1) == 0);
	send_of_container(fd, LINK_OOM, &payload);
	buf_reset(&payload);
	guest_exited(fd, 1, 0, 9);
	guest_down(fd);
}

static void limits_are_passed_on_and_their_answer_back(void **state)
{
	struct box b;
	json_t *end;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, answer_limits);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, LIMIT, -1), EBUSY);
	box_ask(&b, START, -1);
	box_ask(&b, LIMIT, -1);
	assert_int_equal(box_refused(&b, LIMIT, -1), EBUSY);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	json_decref(box_event(w, "oom"));
	end = box_event(w, "exited");
	assert_int_equal(number(end, "code"), 137);
	assert_true(json_is_true(json_object_get(end, "oom")));
	json_decref(end);
	close(w);
	box_end(&b);
}

static void what_is_no_limit_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"op\":\"cpus\"}",
		"{\"op\":\"cpus\",\"set\":\"0-\"}",
		"{\"op\":\"limits\",\"container\":\"c\"}",
		"{\"op\":\"limits\",\"container\":\"c\",\"settings\":[]}",
		"{\"op\":\"limits\",\"container\":\"c\",\"settings\":[\"cgroup.procs=1\"]}",
		"{\"op\":\"limits\",\"container\":\"c\",\"settings\":[\"memory.max\"]}",
		"{\"op\":\"limits\",\"container\":\"c\",\"settings\":[\"memory.../x=1\"]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct control_request r;
		struct err err;

		assert_int_equal(control_request_read(bad[i], strlen(bad[i]), &r, &err), -EINVAL);
	}
}

static void a_full_disk_leaves_nothing_for_layers(void **state)
{
	(void)state;
	/* A sixteenth of a small disk stays, and 256 MiB of a large one. */
	assert_true(space_left(MIB(100), MIB(160), GIB(16)) == MIB(90));
	assert_true(space_left(MIB(10), MIB(160), GIB(16)) == 0);
	assert_true(space_left(0, MIB(160), GIB(16)) == 0);
	assert_true(space_left(GIB(2), GIB(1000), GIB(16)) == GIB(2) - MIB(256));
	/* What is as large as the layer is no limit. */
	assert_true(space_left(GIB(16), GIB(1000), GIB(16)) == GIB(16) - MIB(256));
	assert_true(space_left(GIB(17), GIB(1000), GIB(16)) == UINT64_MAX);
	assert_true(space_left(0, 0, GIB(16)) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_go_with_the_container_their_filter_compiled),
		cmocka_unit_test(limits_are_passed_on_and_their_answer_back),
		cmocka_unit_test(what_is_no_limit_is_refused),
		cmocka_unit_test(a_full_disk_leaves_nothing_for_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
