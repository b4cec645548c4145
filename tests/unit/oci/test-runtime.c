/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "oci/capability.h"
#include "oci/runtime.h"

static struct oci_runtime *example(void)
{
	struct oci_runtime *rt = calloc(1, sizeof(*rt));
	struct oci_process *p = calloc(1, sizeof(*p));

	assert_non_null(rt);
	assert_non_null(p);
	rt->process = p;
	assert_int_equal(strv_add(&p->args, "/bin/sh"), 0);
	assert_int_equal(strv_add(&p->args, "-c"), 0);
	assert_int_equal(strv_add(&p->env, "A=b"), 0);
	p->cwd = strdup("/work");
	p->user = strdup("app:staff");
	p->terminal = p->open_stdin = p->no_new_privileges = true;
	p->rows = 24;
	p->cols = 65535;
	p->capabilities = oci_default_capabilities();
	p->rlimits = calloc(1, sizeof(*p->rlimits));
	p->n_rlimits = 1;
	p->rlimits[0] = (struct oci_rlimit){ strdup("RLIMIT_NOFILE"), 1024, UINT64_MAX };
	rt->hostname = strdup("box");
	rt->rootfs_path = strdup("/images/x.erofs");
	rt->rootfs_readonly = true;
	assert_int_equal(strv_add(&rt->masked_paths, "/proc/kcore"), 0);
	rt->memory_bytes = 64 << 20;
	rt->cpu_quota_usec = 50000;
	rt->cpu_period_usec = 100000;
	rt->pids_max = 100;
	return rt;
}

static void test_config_round_trip(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt = example(), *back = NULL;
	cleanup_free char *text = oci_runtime_write(rt);
	const struct oci_process *p;

	(void)state;
	assert_non_null(text);
	assert_int_equal(oci_runtime_parse(text, strlen(text), &back, NULL), 0);
	p = back->process;
	assert_int_equal(strv_len(p->args), 2);
	assert_string_equal(p->args[1], "-c");
	assert_string_equal(p->env[0], "A=b");
	assert_string_equal(p->cwd, "/work");
	assert_string_equal(p->user, "app:staff");
	assert_true(p->terminal && p->open_stdin && p->no_new_privileges);
	assert_int_equal(p->rows, 24);
	assert_int_equal(p->cols, 65535);
	assert_int_equal(p->capabilities, oci_default_capabilities());
	assert_int_equal(p->n_rlimits, 1);
	assert_string_equal(p->rlimits[0].type, "RLIMIT_NOFILE");
	assert_int_equal(p->rlimits[0].soft, 1024);
	assert_true(p->rlimits[0].hard == UINT64_MAX);
	assert_string_equal(back->hostname, "box");
	assert_string_equal(back->rootfs_path, "/images/x.erofs");
	assert_true(back->rootfs_readonly);
	assert_string_equal(back->masked_paths[0], "/proc/kcore");
	assert_int_equal(strv_len(back->readonly_paths), 0);
	assert_int_equal(back->memory_bytes, 64 << 20);
	assert_int_equal(back->cpu_quota_usec, 50000);
	assert_int_equal(back->cpu_period_usec, 100000);
	assert_int_equal(back->pids_max, 100);
}

#define PROCESS "\"process\":{\"args\":[\"x\"],\"cwd\":\"/\"}"

static void test_a_numeric_user_is_taken_where_there_is_no_name(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		"\"user\":{\"uid\":5,\"gid\":6}},\"root\":{\"path\":\"r\"}}";
	cleanup_oci_runtime struct oci_runtime *rt = NULL;

	(void)state;
	assert_int_equal(oci_runtime_parse(text, strlen(text), &rt, NULL), 0);
	assert_string_equal(rt->process->user, "5:6");
	assert_null(rt->hostname);
	assert_int_equal(rt->memory_bytes, 0);
}

static void test_malformed_configs_are_refused(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "{", "JSON" },
		{ "[]", "object" },
		{ "{}", "ociVersion" },
		{ "{\"ociVersion\":\"2.0\"}", "ociVersion" },
		{ "{\"ociVersion\":\"1.0.2\"}", "process" },
		{ "{\"ociVersion\":\"1.0.2\"," PROCESS "}", "path" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[],\"cwd\":\"/\"}}", "args" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"]}}", "cwd" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"rel\"}}",
		  "cwd" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		  "\"user\":{\"uid\":-1}}}",
		  "uid" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		  "\"consoleSize\":{\"height\":70000}}}",
		  "consoleSize" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		  "\"rlimits\":[{\"type\":\"NOFILE\"}]}}",
		  "rlimit" },
		{ "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\","
		  "\"capabilities\":{\"bounding\":[\"CAP_NONE\"]}}}",
		  "CAP_NONE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_runtime *rt = NULL;
		struct err err = { 0 };

		assert_int_equal(oci_runtime_parse(cases[i].text, strlen(cases[i].text), &rt, &err),
				 -EBADMSG);
		assert_non_null(strstr(err.msg, cases[i].word));
	}
}

static void test_capability_names(void **state)
{
	(void)state;
	assert_int_equal(oci_capability_parse("CAP_NET_RAW"), CAP_NET_RAW);
	assert_int_equal(oci_capability_parse("net_raw"), CAP_NET_RAW);
	assert_int_equal(oci_capability_parse("NET_RAW"), CAP_NET_RAW);
	assert_int_equal(oci_capability_parse("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	assert_int_equal(oci_capability_parse("CAP_"), -EINVAL);
	assert_int_equal(oci_capability_parse(""), -EINVAL);
	assert_int_equal(__builtin_popcountll(oci_default_capabilities()), 14);
	assert_true(oci_default_capabilities() & 1ULL << CAP_SETFCAP);
	assert_false(oci_default_capabilities() & 1ULL << CAP_SYS_ADMIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_round_trip),
		cmocka_unit_test(test_a_numeric_user_is_taken_where_there_is_no_name),
		cmocka_unit_test(test_malformed_configs_are_refused),
		cmocka_unit_test(test_capability_names),
	};

	return cmocka_run_group_tests_name("oci: runtime", tests, NULL, NULL);
}
