/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "control/request.h"

static int parse(const char *text, struct control_request *ret)
{
	struct err err = { 0 };
	int r = control_request_read(text, strlen(text), ret, &err);

	if (r < 0)
		assert_true(*err.msg);
	return r;
}

static void attach_says_what_is_wanted(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(parse("{\"container\":\"c\",\"op\":\"attach\",\"target\":\"\",\"stdin\":"
			       "true,\"stdout\":true,"
			       "\"stderr\":false,\"framed\":true,\"keeps_input\":true,\"detach_"
			       "keys\":\"x\"}",
			       &r),
			 0);
	assert_int_equal(r.op, CONTROL_ATTACH);
	assert_string_equal(r.target, "");
	assert_true(r.wants[LINK_STDIN] && r.wants[LINK_STDOUT] && !r.wants[LINK_STDERR]);
	assert_true(r.framed && r.keeps_input);
	assert_string_equal(r.detach_keys, "x");
	control_request_reset(&r);
}

static void exec_carries_a_process(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(parse("{\"container\":\"c\",\"op\":\"exec\",\"target\":\"e1\",\"stdout\":"
			       "true,\"process\":"
			       "{\"args\":[\"ls\",\"-l\"],\"cwd\":\"/\",\"terminal\":true}}",
			       &r),
			 0);
	assert_int_equal(r.op, CONTROL_EXEC);
	assert_string_equal(r.target, "e1");
	assert_string_equal(r.process->args[1], "-l");
	assert_true(r.process->terminal);
	control_request_reset(&r);
}

static void numbers_are_read(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(
		parse("{\"container\":\"c\",\"op\":\"signal\",\"target\":\"\",\"signal\":15}", &r),
		0);
	assert_int_equal(r.signal, 15);
	control_request_reset(&r);
	assert_int_equal(
		parse("{\"container\":\"c\",\"op\":\"resize\",\"rows\":24,\"columns\":80}", &r), 0);
	assert_int_equal(r.rows, 24);
	assert_int_equal(r.columns, 80);
	control_request_reset(&r);
}

static const char eth0[] = "\"network\":{\"interfaces\":[{\"slot\":0,\"name\":\"eth0\","
			   "\"mac\":\"02:00:00:00:00:01\",\"mtu\":1500}]}";

/* Writes what was read. */
static void expect_rewritten(const char *text)
{
	struct control_request r = { 0 };
	cleanup_free char *written = NULL;

	assert_int_equal(parse(text, &r), 0);
	written = control_request_write(&r);
	assert_string_equal(written, text);
	control_request_reset(&r);
}

static void networks_come_with_a_container_and_later(void **state)
{
	cleanup_free char *add = str_printf("{\"op\":\"add\",\"container\":\"c\",%s}", eth0);
	cleanup_free char *change = str_printf("{\"op\":\"network\",\"container\":\"c\","
					       "\"resolv_conf\":\"nameserver 10.0.0.1\\n\","
					       "\"hosts\":[\"10.0.0.2\\tbox\"],%s}",
					       eth0);
	struct control_request r = { 0 };

	(void)state;
	assert_int_equal(parse(change, &r), 0);
	assert_int_equal(r.op, CONTROL_NETWORK);
	assert_string_equal(r.network.interfaces[0].name, "eth0");
	assert_string_equal(r.hosts[0], "10.0.0.2\tbox");
	assert_string_equal(r.resolv_conf, "nameserver 10.0.0.1\n");
	control_request_reset(&r);
	expect_rewritten(add);
	expect_rewritten(change);
	expect_rewritten("{\"op\":\"add\",\"container\":\"c\"}");
	assert_int_equal(parse("{\"op\":\"network\",\"container\":\"c\"}", &r), -EINVAL);
	assert_int_equal(parse("{\"op\":\"add\",\"container\":\"c\",\"network\":"
			       "{\"interfaces\":[{\"name\":\"lo\"}]}}",
			       &r),
			 -EINVAL);
}

static void simple_operations_need_nothing_else(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(parse("{\"container\":\"c\",\"op\":\"start\"}", &r), 0);
	assert_int_equal(r.op, CONTROL_START);
	control_request_reset(&r);
	assert_int_equal(parse("{\"op\":\"shutdown\"}", &r), 0);
	assert_int_equal(r.op, CONTROL_SHUTDOWN);
	control_request_reset(&r);
	assert_int_equal(parse("{\"op\":\"kill\"}", &r), 0);
	assert_int_equal(r.op, CONTROL_KILL);
	control_request_reset(&r);
	assert_int_equal(parse("{\"op\":\"status\"}", &r), 0);
	assert_int_equal(r.op, CONTROL_STATUS);
	control_request_reset(&r);
	assert_int_equal(parse("{\"op\":\"watch\"}", &r), 0);
	assert_int_equal(r.op, CONTROL_WATCH);
	control_request_reset(&r);
}

static void malformed_requests_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", -EBADMSG },
		{ "{", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{}", -EINVAL },
		{ "{\"op\":\"start\"}", -EINVAL },
		{ "{\"op\":\"remove\",\"container\":\"\"}", -EINVAL },
		{ "{\"op\":\"add\",\"container\":\"a/b\"}", -EINVAL },
		{ "{\"op\":\"add\",\"container\":\"a\",\"log\":1}", -EBADMSG },
		{ "{\"op\":1}", -EBADMSG },
		{ "{\"op\":\"fly\"}", -EOPNOTSUPP },
		{ "{\"container\":\"c\",\"op\":\"start\",\"op\":\"kill\"}", -EBADMSG },
		{ "{\"container\":\"c\",\"op\":\"attach\",\"stdin\":1}", -EBADMSG },
		{ "{\"container\":\"c\",\"op\":\"attach\",\"target\":\"../x\"}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"exec\",\"process\":{\"args\":[\"a\"],\"cwd\":\"/"
		  "\"}}",
		  -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"exec\",\"target\":\"e\"}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"exec\",\"target\":\"e\",\"process\":{}}",
		  -EBADMSG },
		{ "{\"container\":\"c\",\"op\":\"signal\"}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"signal\",\"signal\":0}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"signal\",\"signal\":65}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"signal\",\"signal\":-1}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"resize\",\"rows\":24}", -EINVAL },
		{ "{\"container\":\"c\",\"op\":\"resize\",\"rows\":65536,\"columns\":1}", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct control_request r;

		assert_int_equal(parse(cases[i].text, &r), cases[i].code);
	}
}

static void a_target_that_is_too_long_is_refused(void **state)
{
	char text[256];
	struct control_request r;

	(void)state;
	snprintf(text, sizeof(text), "{\"container\":\"c\",\"op\":\"attach\",\"target\":\"%064d\"}",
		 0);
	assert_int_equal(parse(text, &r), 0);
	control_request_reset(&r);
	snprintf(text, sizeof(text), "{\"container\":\"c\",\"op\":\"attach\",\"target\":\"%065d\"}",
		 0);
	assert_int_equal(parse(text, &r), -EINVAL);
}

static void read_back(const struct control_request *rq, struct control_request *ret)
{
	cleanup_free char *written = control_request_write(rq);

	assert_non_null(written);
	assert_int_equal(parse(written, ret), 0);
	assert_int_equal(ret->op, rq->op);
}

static void requests_are_read_as_they_were_written(void **state)
{
	char *args[] = { (char[]){ "ls" }, NULL }, *settings[] = { (char[]){ "pids.max=7" }, NULL };
	struct oci_process process = { .args = args, .cwd = (char[]){ "/" }, .open_stdin = true };
	struct control_request got;

	(void)state;
	read_back(&(struct control_request){ .op = CONTROL_EXEC,
					     .container = "c",
					     .target = "e",
					     .wants = { [LINK_STDERR] = true },
					     .framed = true,
					     .process = &process },
		  &got);
	assert_string_equal(got.target, "e");
	assert_true(got.wants[LINK_STDERR] && !got.wants[LINK_STDOUT] && got.framed);
	assert_true(got.process->open_stdin);
	control_request_reset(&got);
	read_back(&(struct control_request){ .op = CONTROL_FILES,
					     .container = "c",
					     .target = "f",
					     .files = { .op = LINK_FILES_PUT,
							.flags = LINK_FILES_KEEP_FOLDERS,
							.path = (char[]){ "/a" } } },
		  &got);
	assert_int_equal(got.files.op, LINK_FILES_PUT);
	assert_int_equal(got.files.flags, LINK_FILES_KEEP_FOLDERS);
	assert_string_equal(got.files.path, "/a");
	control_request_reset(&got);
	read_back(&(struct control_request){ .op = CONTROL_LIMITS,
					     .container = "c",
					     .settings = settings },
		  &got);
	assert_string_equal(got.settings[0], "pids.max=7");
	control_request_reset(&got);
	read_back(
		&(struct control_request){
			.op = CONTROL_ADD, .container = "c", .keeps_log = true, .log = { 5, 6 } },
		&got);
	assert_string_equal(got.container, "c");
	assert_true(got.keeps_log);
	assert_int_equal(got.log.max_bytes, 5);
	assert_int_equal(got.log.max_files, 6);
	control_request_reset(&got);
	read_back(&(struct control_request){ .op = CONTROL_CPUS, .cpuset = "0-2" }, &got);
	assert_string_equal(got.cpuset, "0-2");
	control_request_reset(&got);
	read_back(
		&(struct control_request){
			.op = CONTROL_RESIZE, .container = "c", .rows = 65535, .columns = 1 },
		&got);
	assert_int_equal(got.rows, 65535);
	control_request_reset(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_says_what_is_wanted),
		cmocka_unit_test(exec_carries_a_process),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(networks_come_with_a_container_and_later),
		cmocka_unit_test(simple_operations_need_nothing_else),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(a_target_that_is_too_long_is_refused),
		cmocka_unit_test(requests_are_read_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
