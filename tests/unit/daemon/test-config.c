/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/spec/config.h"
#include "daemon/spec/fields.h"
#include "daemon/spec/host-config.h"
#include "daemon/spec/runtime.h"
#include "oci/capability.h"
#include "oci/config.h"
#include "oci/descriptor.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct oci_image_config *image_of(const char *config)
{
	cleanup_free char *text =
		str_printf("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":%s,\"rootfs\":"
			   "{\"type\":\"layers\",\"diff_ids\":[]}}",
			   config);
	struct oci_image_config *image;
	struct err err;

	if (oci_image_config_parse(text, strlen(text), &image, &err) < 0)
		fail_msg("%s", err.msg);
	return image;
}

/* The whole way: request and image in, runtime-spec out. */
static int build(const char *body_text, const char *image_text, struct oci_runtime **ret,
		 struct err *err)
{
	cleanup_oci_image_config struct oci_image_config *image = image_of(image_text);
	cleanup_json json_t *body = NULL, *config = NULL, *host = NULL;
	struct config_source src = { .image_name = "img", .image = image, .id = ID };
	cleanup_strv char **warnings = NULL;
	int r = json_read(body_text, strlen(body_text), "body", &body, err);

	*err = (struct err){ 0 };
	assert_int_equal(r, 0);
	src.body = body;
	r = fields_check(body, &warnings, err);
	if (r == 0)
		r = config_merge(&src, &config, err);
	if (r == 0)
		r = host_config_check(body, 2, &host, err);
	return r == 0 ? config_runtime(config, host, ret, err) : r;
}

static struct oci_runtime *built(const char *body, const char *image)
{
	struct oci_runtime *rt = NULL;
	struct err err;

	if (build(body, image, &rt, &err) < 0)
		fail_msg("%s", err.msg);
	return rt;
}

static void expect_args(const char *body, const char *image, const char *joined)
{
	cleanup_oci_runtime struct oci_runtime *rt = built(body, image);
	char got[256] = "";

	for (char **a = rt->process->args; *a; a++) {
		strcat(got, *a);
		strcat(got, a[1] ? "|" : "");
	}
	assert_string_equal(got, joined);
}

static void expect_error(const char *body, int code, const char *message)
{
	struct oci_runtime *rt = NULL;
	struct err err;
	int r = build(body, "{\"Cmd\":[\"sh\"]}", &rt, &err);

	oci_runtime_free(rt);
	assert_int_equal(r, code);
	assert_string_equal(err.msg, message);
}

#define BOTH "{\"Entrypoint\":[\"/ep\"],\"Cmd\":[\"def\"]}"

static void entrypoint_and_cmd_follow_dockers_rules(void **state)
{
	(void)state;
	expect_args("{}", BOTH, "/ep|def");
	expect_args("{\"Cmd\":[\"a\",\"b\"]}", BOTH, "/ep|a|b");
	expect_args("{\"Cmd\":\"a\"}", BOTH, "/ep|a");
	expect_args("{\"Entrypoint\":[\"/x\"]}", BOTH, "/x");
	expect_args("{\"Entrypoint\":\"/x\",\"Cmd\":[\"a\"]}", BOTH, "/x|a");
	expect_args("{\"Entrypoint\":[\"\"],\"Cmd\":[\"a\"]}", BOTH, "a");
	expect_args("{\"Entrypoint\":[],\"Cmd\":[\"a\"]}", BOTH, "a");
	expect_args("{\"Entrypoint\":[]}", BOTH, "def");
	expect_args("{\"Entrypoint\":null,\"Cmd\":null}", BOTH, "/ep|def");
}

static void no_command_at_all_is_an_error(void **state)
{
	struct oci_runtime *rt = NULL;
	struct err err;

	(void)state;
	assert_int_equal(build("{}", "{}", &rt, &err), -EINVAL);
	assert_string_equal(err.msg, "no command specified");
	assert_int_equal(build("{\"Entrypoint\":[\"\"]}", BOTH, &rt, &err), -EINVAL);
}

static void environment_is_defaults_then_image_then_request(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Env\":[\"A=user\",\"C=3\"],\"Tty\":true}",
		      "{\"Cmd\":[\"sh\"],\"Env\":[\"A=image\",\"B=2\",\"PATH=/bin\"]}");
	char **env = rt->process->env;

	(void)state;
	assert_string_equal(env_get(env, "PATH"), "/bin");
	assert_string_equal(env_get(env, "A"), "user");
	assert_string_equal(env_get(env, "B"), "2");
	assert_string_equal(env_get(env, "C"), "3");
	assert_string_equal(env_get(env, "TERM"), "xterm");
	assert_string_equal(env_get(env, "HOSTNAME"), "0123456789ab");
	assert_true(rt->process->terminal);
}

static void a_variable_without_a_value_is_taken_away(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Env\":[\"B\"]}", "{\"Cmd\":[\"sh\"],\"Env\":[\"A=1\",\"B=2\"]}");

	(void)state;
	assert_null(env_get(rt->process->env, "B"));
	assert_string_equal(env_get(rt->process->env, "A"), "1");
	assert_null(env_get(rt->process->env, "TERM"));
}

static void user_folder_and_hostname_come_from_the_request_first(void **state)
{
	cleanup_oci_runtime struct oci_runtime *a =
		built("{\"User\":\"me:us\",\"WorkingDir\":\"/w\",\"Hostname\":\"box\"}",
		      "{\"Cmd\":[\"sh\"],\"User\":\"app\",\"WorkingDir\":\"/srv\"}");
	cleanup_oci_runtime struct oci_runtime *b =
		built("{}", "{\"Cmd\":[\"sh\"],\"User\":\"app\",\"WorkingDir\":\"/srv\"}");
	cleanup_oci_runtime struct oci_runtime *c = built("{}", "{\"Cmd\":[\"sh\"]}");

	(void)state;
	assert_string_equal(a->process->user, "me:us");
	assert_string_equal(a->process->cwd, "/w");
	assert_string_equal(a->hostname, "box");
	assert_string_equal(b->process->user, "app");
	assert_string_equal(b->process->cwd, "/srv");
	assert_string_equal(c->process->cwd, "/");
	assert_string_equal(c->hostname, "0123456789ab");
}

static uint64_t capabilities(const char *host)
{
	cleanup_free char *body = str_printf("{\"HostConfig\":%s}", host);
	cleanup_oci_runtime struct oci_runtime *rt = built(body, "{\"Cmd\":[\"sh\"]}");

	return rt->process->capabilities;
}

static void capabilities_are_dropped_then_added(void **state)
{
	uint64_t standard = oci_default_capabilities();
	uint64_t chown = UINT64_C(1) << oci_capability_parse("CHOWN");
	uint64_t admin = UINT64_C(1) << oci_capability_parse("SYS_ADMIN");

	(void)state;
	assert_true(capabilities("{}") == standard);
	assert_true(capabilities("{\"CapDrop\":[\"CAP_CHOWN\"]}") == (standard & ~chown));
	assert_true(capabilities("{\"CapAdd\":[\"sys_admin\"]}") == (standard | admin));
	assert_true(capabilities("{\"CapDrop\":[\"ALL\"]}") == 0);
	assert_true(capabilities("{\"CapDrop\":[\"ALL\"],\"CapAdd\":[\"CHOWN\"]}") == chown);
	assert_true((capabilities("{\"CapAdd\":[\"ALL\"]}") & admin) != 0);
	/* As in docker: all of them but what is named. */
	assert_true((capabilities("{\"CapAdd\":[\"ALL\"],\"CapDrop\":[\"CHOWN\"]}") &
		     (admin | chown)) == admin);
	assert_true((capabilities("{\"CapAdd\":[\"CHOWN\"],\"CapDrop\":[\"CHOWN\"]}") & chown) !=
		    0);
	assert_true((capabilities("{\"Privileged\":true}") & admin) != 0);
	expect_error("{\"HostConfig\":{\"CapAdd\":[\"FLY\"]}}", -EINVAL,
		     "invalid capability: \"FLY\"");
}

static void privileged_containers_have_no_masked_paths(void **state)
{
	cleanup_oci_runtime struct oci_runtime *plain = built("{}", "{\"Cmd\":[\"sh\"]}");
	cleanup_oci_runtime struct oci_runtime *privileged =
		built("{\"HostConfig\":{\"Privileged\":true}}", "{\"Cmd\":[\"sh\"]}");

	(void)state;
	assert_true(strv_len(plain->masked_paths) > 5);
	assert_true(strv_len(plain->readonly_paths) == 5);
	assert_int_equal(strv_len(privileged->masked_paths), 0);
	assert_int_equal(strv_len(privileged->readonly_paths), 0);
}

static void limits_reach_the_runtime_spec(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt = built(
		"{\"HostConfig\":{\"Memory\":67108864,\"NanoCpus\":1500000000,\"PidsLimit\":50,"
		"\"ReadonlyRootfs\":true,\"SecurityOpt\":[\"no-new-privileges\"],\"Ulimits\":"
		"[{\"Name\":\"nofile\",\"Soft\":10,\"Hard\":20},{\"Name\":\"core\",\"Soft\":-1,"
		"\"Hard\":-1}]}}",
		"{\"Cmd\":[\"sh\"]}");

	(void)state;
	assert_int_equal(rt->memory_bytes, 67108864);
	assert_int_equal(rt->cpu_quota_usec, 150000);
	assert_int_equal(rt->cpu_period_usec, 100000);
	assert_int_equal(rt->pids_max, 50);
	assert_true(rt->rootfs_readonly);
	assert_true(rt->process->no_new_privileges);
	assert_int_equal(rt->process->n_rlimits, 2);
	assert_string_equal(rt->process->rlimits[0].type, "RLIMIT_NOFILE");
	assert_int_equal(rt->process->rlimits[0].soft, 10);
	assert_int_equal(rt->process->rlimits[0].hard, 20);
	assert_true(rt->process->rlimits[1].hard == UINT64_MAX);
}

static void without_limits_there_are_none(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"HostConfig\":{\"PidsLimit\":-1,\"CpuQuota\":-1,\"Memory\":0}}",
		      "{\"Cmd\":[\"sh\"]}");

	(void)state;
	assert_int_equal(rt->memory_bytes, 0);
	assert_int_equal(rt->cpu_quota_usec, 0);
	assert_int_equal(rt->pids_max, 0);
	assert_false(rt->rootfs_readonly);
}

static void what_moat_cannot_do_yet_is_refused(void **state)
{
	(void)state;
	expect_error("{\"HostConfig\":{\"VolumeDriver\":\"nfs\"}}", -EOPNOTSUPP,
		     "moat does not support other volume drivers (VolumeDriver \"nfs\")");
	expect_error(
		"{\"HostConfig\":{\"NetworkMode\":\"host\"}}", -EOPNOTSUPP,
		"moat does not support the host's network (NetworkMode \"host\"): a container has "
		"a machine of its own; publish its ports with -p, and reach the host as "
		"host.docker.internal");
	expect_error("{\"HostConfig\":{\"NetworkMode\":\"container:box\"}}", -EOPNOTSUPP,
		     "moat does not support the network of another container (NetworkMode "
		     "\"container:box\"): each has a machine of its own; put both on one network, "
		     "where they reach each other by name");
	expect_error("{\"NetworkingConfig\":{\"EndpointsConfig\":{\"web\":{\"IPAMConfig\":"
		     "{\"LinkLocalIPs\":[\"169.254.1.1\"]}}}}}",
		     -EOPNOTSUPP,
		     "moat does not support link-local addresses of one's own choice "
		     "(LinkLocalIPs)");
	expect_error("{\"HostConfig\":{\"SecurityOpt\":[\"fly=high\"]}}", -EINVAL,
		     "invalid --security-opt: \"fly=high\"");
	expect_error(
		"{\"HostConfig\":{\"SecurityOpt\":[\"apparmor=mine\"]}}", -EOPNOTSUPP,
		"moat does not support AppArmor: the kernel is the container's own (SecurityOpt "
		"\"apparmor=mine\")");
	expect_error("{\"HostConfig\":{\"CgroupParent\":\"/x\"}}", -EOPNOTSUPP,
		     "moat does not support parent cgroups yet (CgroupParent \"/x\")");
	expect_error("{\"HostConfig\":{\"Devices\":[{\"PathOnHost\":\"/dev/x\"}]}}", -EOPNOTSUPP,
		     "moat does not support devices yet (Devices)");
	expect_error("{\"HostConfig\":{\"LogConfig\":{\"Type\":\"syslog\"}}}", -EOPNOTSUPP,
		     "moat has the log drivers json-file, local and none, not \"syslog\"");
}

static void a_flood_of_variables_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(buf_adds(&b, "{\"Env\":[\"A=0\""), 0);
	for (int i = 0; i < OCI_LIST_MAX; i++)
		assert_int_equal(buf_adds(&b, ",\"A=1\""), 0);
	assert_int_equal(buf_adds(&b, "]}"), 0);
	expect_error(b.data, -EINVAL, "more than 4096 environment variables");
}

static void empty_members_are_not_there(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Volumes\":{},\"HostConfig\":{\"Binds\":[],\"Mounts\":null,"
		      "\"PortBindings\":{},\"NetworkMode\":\"default\"},\"Unknown\":[1]}",
		      "{\"Cmd\":[\"sh\"]}");

	(void)state;
	assert_non_null(rt);
}

static void bad_values_are_refused_with_a_reason(void **state)
{
	(void)state;
	expect_error("{\"HostConfig\":{\"Memory\":1048576}}", -EINVAL,
		     "Minimum memory limit allowed is 6MB");
	expect_error("{\"HostConfig\":{\"NanoCpus\":3000000000}}", -EINVAL,
		     "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available");
	expect_error("{\"WorkingDir\":\"rel\"}", -EINVAL,
		     "the working directory 'rel' is invalid, it needs to be an absolute path");
	expect_error("{\"Env\":[\"=x\"]}", -EINVAL, "invalid environment variable: =x");
	expect_error("{\"StopSignal\":\"SIGNONE\"}", -EINVAL, "Invalid signal: SIGNONE");
	expect_error("{\"Tty\":\"yes\"}", -EBADMSG, "\"Tty\" must be true or false");
	expect_error("{\"Cmd\":[1]}", -EBADMSG, "\"Cmd\" must be an array of strings");
	expect_error("{\"Labels\":{\"a\":1}}", -EBADMSG, "label \"a\" must be a string");
	expect_error("{\"HostConfig\":{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":"
		     "\"always\"}}}",
		     -EINVAL, "can't create 'AutoRemove' container with restart policy");
	expect_error("{\"HostConfig\":{\"Ulimits\":[{\"Name\":\"x\"}]}}", -EINVAL,
		     "invalid ulimit type: x");
}

static struct oci_process *exec_of(const char *text, const struct oci_process *container)
{
	cleanup_json json_t *body = NULL;
	struct oci_process *p = NULL;
	struct err err;

	assert_int_equal(json_read(text, strlen(text), "body", &body, &err), 0);
	if (config_process(body, container, &p, &err) < 0)
		return NULL;
	return p;
}

static void an_exec_inherits_from_its_container(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"User\":\"app\",\"WorkingDir\":\"/w\",\"Env\":[\"A=1\"],"
		      "\"HostConfig\":{\"Ulimits\":["
		      "{\"Name\":\"nofile\",\"Soft\":9,\"Hard\":10},"
		      "{\"Name\":\"core\",\"Soft\":-1,\"Hard\":-1}]}}",
		      "{\"Cmd\":[\"sh\"]}");
	cleanup_oci_process struct oci_process *a = exec_of("{\"Cmd\":[\"id\"]}", rt->process);
	cleanup_oci_process struct oci_process *b =
		exec_of("{\"Cmd\":[\"id\"],\"User\":\"0\",\"WorkingDir\":\"/\",\"Env\":[\"A=2\"],"
			"\"Tty\":true,\"AttachStdin\":true,\"ConsoleSize\":[30,90]}",
			rt->process);

	(void)state;
	assert_string_equal(a->user, "app");
	assert_string_equal(a->cwd, "/w");
	assert_string_equal(env_get(a->env, "A"), "1");
	assert_false(a->terminal || a->open_stdin);
	assert_int_equal(a->n_rlimits, 2);
	assert_string_equal(a->rlimits[0].type, "RLIMIT_NOFILE");
	assert_int_equal(a->rlimits[0].soft, 9);
	assert_int_equal(a->rlimits[0].hard, 10);
	assert_true(a->rlimits[1].soft == UINT64_MAX);
	assert_string_equal(b->user, "0");
	assert_string_equal(b->cwd, "/");
	assert_string_equal(env_get(b->env, "A"), "2");
	assert_string_equal(env_get(b->env, "TERM"), "xterm");
	assert_true(b->terminal && b->open_stdin);
	assert_int_equal(b->rows, 30);
	assert_int_equal(b->cols, 90);
	assert_null(exec_of("{\"Cmd\":[]}", rt->process));
	assert_null(exec_of("{\"Cmd\":[\"x\"],\"WorkingDir\":\"rel\"}", rt->process));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entrypoint_and_cmd_follow_dockers_rules),
		cmocka_unit_test(no_command_at_all_is_an_error),
		cmocka_unit_test(environment_is_defaults_then_image_then_request),
		cmocka_unit_test(a_variable_without_a_value_is_taken_away),
		cmocka_unit_test(user_folder_and_hostname_come_from_the_request_first),
		cmocka_unit_test(capabilities_are_dropped_then_added),
		cmocka_unit_test(privileged_containers_have_no_masked_paths),
		cmocka_unit_test(limits_reach_the_runtime_spec),
		cmocka_unit_test(without_limits_there_are_none),
		cmocka_unit_test(what_moat_cannot_do_yet_is_refused),
		cmocka_unit_test(a_flood_of_variables_is_refused),
		cmocka_unit_test(empty_members_are_not_there),
		cmocka_unit_test(bad_values_are_refused_with_a_reason),
		cmocka_unit_test(an_exec_inherits_from_its_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
