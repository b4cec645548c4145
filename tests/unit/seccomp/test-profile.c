/* SPDX-License-Identifier: Apache-2.0 */
/* Filters are tried where they work: in a child of the test. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "seccomp/profile.h"

static void compile(const char *text, struct buf *ret)
{
	cleanup_json json_t *profile = NULL;
	struct err err = { 0 };

	assert_int_equal(json_read(text, strlen(text), "profile", &profile, &err), 0);
	if (profile_compile(profile, ret, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The errno of socket(AF_UNIX), and then of getppid(), below a filter; 0 for none. */
static void try_filter(const struct buf *filter, int ret[2])
{
	struct sock_fprog program = {
		.len = (unsigned short)(filter->len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)filter->data,
	};
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		int got[2] = { 0 };

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
			_exit(1);
		if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
			got[0] = errno;
		if (syscall(SYS_getppid) < 0)
			got[1] = errno;
		_exit(write(fds[1], got, sizeof(got)) != sizeof(got));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(read(fds[0], ret, 2 * sizeof(*ret)), 2 * sizeof(*ret));
	close(fds[0]);
	close(fds[1]);
}

static void rules_do_what_they_say(void **state)
{
	cleanup(buf_reset) struct buf filter = BUF_INIT;
	int got[2];

	(void)state;
	compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\","
		"\"SCMP_ARCH_X86\"],\"syscalls\":[{\"names\":[\"getppid\",\"no_such_call\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71},{\"names\":[\"socket\"],\"action\":"
		"\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
		&filter);
	assert_int_equal(filter.len % sizeof(struct sock_filter), 0);
	try_filter(&filter, got);
	assert_int_equal(got[0], EPERM);
	assert_int_equal(got[1], 71);
}

static void conditions_on_one_argument_are_alternatives(void **state)
{
	cleanup(buf_reset) struct buf filter = BUF_INIT;
	int got[2];

	(void)state;
	compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"socket\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":99,\"op\":"
		"\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		&filter);
	try_filter(&filter, got);
	assert_int_equal(got[0], EPERM);
	assert_int_equal(got[1], 0);
}

static void expect_error(const char *text, int code, const char *part)
{
	cleanup(buf_reset) struct buf filter = BUF_INIT;
	cleanup_json json_t *profile = NULL;
	struct err err = { 0 };

	assert_int_equal(json_read(text, strlen(text), "profile", &profile, &err), 0);
	assert_int_equal(profile_compile(profile, &filter, &err), code);
	if (!strstr(err.msg, part))
		fail_msg("%s is not in: %s", part, err.msg);
}

static void bad_profiles_are_refused(void **state)
{
	(void)state;
	expect_error("[]", -EBADMSG, "object");
	expect_error("{}", -EINVAL, "defaultAction");
	expect_error("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000}", -EINVAL,
		     "defaultErrnoRet");
	expect_error("{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", -EOPNOTSUPP, "NOTIFY");
	expect_error("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"PDP11\"]}",
		     -EINVAL, "PDP11");
	expect_error("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		     "\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":0,\"op\":\"LIKE\"}]}]}",
		     -EINVAL, "LIKE");
	expect_error("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		     "\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":0,\"value\":-1,"
		     "\"op\":\"SCMP_CMP_EQ\"}]}]}",
		     -EINVAL, "\"value\" and \"valueTwo\"");
	expect_error("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":\"read\"}]}",
		     -EBADMSG, "names");
}

/* @n rules for one system call, of @k conditions each */
static void expect_too_many(int n, int k_max, const char *op)
{
	json_t *rules = json_array(), *profile;
	struct buf filter = BUF_INIT;
	struct err err = { 0 };

	for (int i = 0; i < n; i++) {
		json_t *args = json_array();

		for (int k = 0; k < k_max; k++)
			json_array_append_new(args, json_pack("{s:i, s:i, s:s}", "index", k,
							      "value", i * 7 + k, "op", op));
		json_array_append_new(rules, json_pack("{s:[s], s:s, s:o}", "names", "getppid",
						       "action", "SCMP_ACT_ERRNO", "args", args));
	}
	profile = json_pack("{s:s, s:o}", "defaultAction", "SCMP_ACT_ALLOW", "syscalls", rules);
	assert_int_equal(profile_compile(profile, &filter, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "too many rules"));
	json_decref(profile);
}

/* As far as libseccomp they would take seconds to minutes, and the first end in its heap. */
static void a_profile_of_too_many_rules_is_refused_at_once(void **state)
{
	(void)state;
	expect_too_many(4000, 6, "SCMP_CMP_EQ");
	expect_too_many(8, 4, "SCMP_CMP_NE");
	expect_too_many(64, 2, "SCMP_CMP_LE");
	expect_too_many(182, 6, "SCMP_CMP_GT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_of_too_many_rules_is_refused_at_once),
		cmocka_unit_test(rules_do_what_they_say),
		cmocka_unit_test(conditions_on_one_argument_are_alternatives),
		cmocka_unit_test(bad_profiles_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
