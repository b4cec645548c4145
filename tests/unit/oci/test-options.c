/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/str.h"
#include "oci/mount.h"
#include "oci/runtime.h"

/* Everything a container can ask for. */
static void fill(struct oci_options *o)
{
	o->init = o->privileged = true;
	o->oom_score_adj = -1000;
	o->domainname = strdup("d.org");
	assert_int_equal(strv_add(&o->groups, "audio"), 0);
	assert_int_equal(strv_add(&o->sysctls, "kernel.sem=1 2 3 4"), 0);
	assert_int_equal(strv_add(&o->cgroup, "cpu.weight=39"), 0);
	assert_int_equal(strv_add(&o->hosts, "1.2.3.4\ta"), 0);
	o->resolv_conf = strdup("nameserver 1.1.1.1\n");
	o->tmpfs = calloc(1, sizeof(*o->tmpfs));
	assert_non_null(o->tmpfs);
	o->tmpfs[o->n_tmpfs++] = (struct oci_tmpfs){ strdup("/run"), MS_NOSUID | MS_NOATIME,
						     strdup("size=64m,mode=755") };
}

static void expect_all(const struct oci_options *o)
{
	assert_true(o->init && o->privileged);
	assert_int_equal(o->oom_score_adj, -1000);
	assert_string_equal(o->domainname, "d.org");
	assert_string_equal(o->groups[0], "audio");
	assert_string_equal(o->sysctls[0], "kernel.sem=1 2 3 4");
	assert_string_equal(o->cgroup[0], "cpu.weight=39");
	assert_string_equal(o->hosts[0], "1.2.3.4\ta");
	assert_string_equal(o->resolv_conf, "nameserver 1.1.1.1\n");
	assert_int_equal(o->n_tmpfs, 1);
	assert_string_equal(o->tmpfs[0].path, "/run");
	assert_int_equal(o->tmpfs[0].flags, MS_NOSUID | MS_NOATIME);
	assert_string_equal(o->tmpfs[0].data, "size=64m,mode=755");
}

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = len };
}

static void options_arrive_as_they_were_sent(void **state)
{
	cleanup(oci_options_reset) struct oci_options sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	fill(&sent);
	assert_int_equal(buf_add(&sent.seccomp, "12345678abcdefgh", 16), 0);
	assert_false(oci_options_is_empty(&sent));
	assert_int_equal(oci_options_put(&b, &sent), 0);
	assert_int_equal(oci_options_get(view(&b, b.len), &got), 0);
	expect_all(&got);
	assert_int_equal(got.seccomp.len, 16);
	assert_memory_equal(got.seccomp.data, "12345678abcdefgh", 16);
}

static void cut_or_longer_payloads_are_refused(void **state)
{
	cleanup(oci_options_reset) struct oci_options sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	fill(&sent);
	assert_int_equal(oci_options_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(oci_options_get(view(&b, len), &got), -EBADMSG);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(oci_options_get(view(&b, b.len), &got), -EBADMSG);
	assert_true(oci_options_is_empty(&got));
}

static void a_filter_that_is_none_is_refused(void **state)
{
	cleanup(oci_options_reset) struct oci_options sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_true(oci_options_is_empty(&sent));
	assert_int_equal(buf_add(&sent.seccomp, "1234567", 7), 0);
	assert_int_equal(oci_options_put(&b, &sent), 0);
	assert_int_equal(oci_options_get(view(&b, b.len), &got), -EBADMSG);
}

static void config_json_keeps_them(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt = calloc(1, sizeof(*rt)), *back = NULL;
	cleanup_free char *text = NULL;
	struct err err;

	(void)state;
	assert_non_null(rt);
	rt->process = calloc(1, sizeof(*rt->process));
	assert_non_null(rt->process);
	assert_int_equal(strv_add(&rt->process->args, "x"), 0);
	rt->process->cwd = strdup("/");
	rt->rootfs_path = strdup("/r");
	rt->seccomp = json_pack("{s:s}", "defaultAction", "SCMP_ACT_ALLOW");
	fill(&rt->options);
	text = oci_runtime_write(rt);
	assert_non_null(text);
	if (oci_runtime_parse(text, strlen(text), &back, &err) < 0)
		fail_msg("%s", err.msg);
	expect_all(&back->options);
	assert_true(json_equal(back->seccomp, rt->seccomp));
}

#define BASE                                                                                       \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/"                      \
	"\"},\"root\":{\"path\":\"r\"},"

static void malformed_members_are_named(void **state)
{
	static const char *const cases[][2] = {
		{ BASE "\"mounts\":[{\"destination\":\"/a\",\"type\":\"nfs\"}]}", "mounts" },
		{ BASE "\"mounts\":[{\"destination\":\"a\",\"type\":\"tmpfs\"}]}", "mounts" },
		{ BASE "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":"
		       "[\"fly\"]}]}",
		  "fly" },
		{ BASE "\"linux\":{\"sysctl\":{\"a\":1}}}", "sysctl" },
		{ BASE "\"linux\":{\"resources\":{\"unified\":{\"a\":1}}}}", "unified" },
		{ BASE "\"dev.moat\":{\"init\":1}}", "init" },
		{ BASE "\"domainname\":5}", "domainname" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		  "\"oomScoreAdj\":5000},\"root\":{\"path\":\"r\"}}",
		  "oomScoreAdj" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_runtime *rt = NULL;
		struct err err = { 0 };

		assert_true(oci_runtime_parse(cases[i][0], strlen(cases[i][0]), &rt, &err) < 0);
		assert_non_null(strstr(err.msg, cases[i][1]));
	}
}

static void the_last_of_contrary_mount_options_counts(void **state)
{
	static const char *const options[] = { "noexec", "ro", "exec", "size=1m", "rw", NULL };
	cleanup(oci_options_reset) struct oci_options o = { 0 };

	(void)state;
	assert_int_equal(oci_tmpfs_add(&o, "/t", (char *const *)(uintptr_t)options, NULL), 0);
	assert_int_equal(o.tmpfs[0].flags, 0);
	assert_string_equal(o.tmpfs[0].data, "size=1m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_arrive_as_they_were_sent),
		cmocka_unit_test(cut_or_longer_payloads_are_refused),
		cmocka_unit_test(a_filter_that_is_none_is_refused),
		cmocka_unit_test(config_json_keeps_them),
		cmocka_unit_test(malformed_members_are_named),
		cmocka_unit_test(the_last_of_contrary_mount_options_counts),
	};

	return cmocka_run_group_tests_name("oci: options", tests, NULL, NULL);
}
