/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>

#include "base/str.h"
#include "daemon/container/update-live.h"
#include "daemon/machine/plan.h"
#include "daemon/spec/host-config.h"
#include "daemon/spec/names.h"
#include "daemon/spec/resolv.h"
#include "daemon/spec/runtime.h"

/* A HostConfig, checked, as a runtime-spec. */
static int build(const char *host_text, struct oci_runtime **ret, struct err *err)
{
	cleanup_json json_t *config =
		json_pack("{s:[s], s:s, s:s}", "Cmd", "sh", "Hostname", "h", "Domainname", "d.org");
	cleanup_free char *text = str_printf("{\"HostConfig\":%s}", host_text);
	cleanup_json json_t *body = NULL, *host = NULL;
	int r;

	*err = (struct err){ 0 };
	assert_int_equal(json_read(text, strlen(text), "body", &body, err), 0);
	r = host_config_check(body, 4, &host, err);
	return r == 0 ? config_runtime(config, host, ret, err) : r;
}

static struct oci_runtime *built(const char *host)
{
	struct oci_runtime *rt = NULL;
	struct err err;

	if (build(host, &rt, &err) < 0)
		fail_msg("%s", err.msg);
	return rt;
}

static void expect_error(const char *host, const char *message)
{
	struct oci_runtime *rt = NULL;
	struct err err;
	int r = build(host, &rt, &err);

	oci_runtime_free(rt);
	assert_int_equal(r, -EINVAL);
	assert_string_equal(err.msg, message);
}

static void a_container_that_asks_for_nothing_has_no_options(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt = built("{}");

	(void)state;
	free(rt->options.domainname);
	rt->options.domainname = NULL;
	assert_true(oci_options_is_empty(&rt->options));
	assert_null(rt->seccomp);
}

static void simple_options_are_taken_over(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Init\":true,\"GroupAdd\":[\"5\",\"audio\"],\"OomScoreAdj\":-7,"
		      "\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\",\"kernel.sem\":\"1 2 3 4\"}}");

	(void)state;
	assert_true(rt->options.init);
	assert_false(rt->options.privileged);
	assert_string_equal(rt->options.groups[1], "audio");
	assert_int_equal(rt->options.oom_score_adj, -7);
	assert_string_equal(rt->options.sysctls[0], "net.ipv4.ip_forward=1");
	assert_string_equal(rt->options.sysctls[1], "kernel.sem=1 2 3 4");
	assert_string_equal(rt->options.domainname, "d.org");
	expect_error("{\"Sysctls\":{\"../x\":\"1\"}}", "invalid sysctl \"../x\"");
	expect_error("{\"Sysctls\":{\"a..b\":\"1\"}}", "invalid sysctl \"a..b\"");
	expect_error("{\"Sysctls\":{\"a=b\":\"1\"}}", "invalid sysctl \"a=b\"");
	expect_error("{\"GroupAdd\":[\"a b\"]}", "invalid group \"a b\"");
	expect_error("{\"OomScoreAdj\":1001}",
		     "Invalid value 1001, range for oom score adj is [-1000, 1000]");
}

static void tmpfs_has_dockers_defaults(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Tmpfs\":{\"/run\":\"size=64m,exec\",\"/x\":\"\"},\"ShmSize\":1048576,"
		      "\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/m\",\"ReadOnly\":true,"
		      "\"TmpfsOptions\":{\"SizeBytes\":4096,\"Mode\":448,\"Options\":[[\"exec\"],"
		      "[\"uid\",\"5\"]]}}]}");
	const struct oci_tmpfs *t = rt->options.tmpfs;

	(void)state;
	assert_int_equal(rt->options.n_tmpfs, 4);
	assert_string_equal(t[0].path, "/dev/shm");
	assert_string_equal(t[0].data, "mode=1777,size=1048576");
	assert_int_equal(t[0].flags, MS_NOSUID | MS_NODEV | MS_NOEXEC);
	assert_string_equal(t[1].path, "/run");
	assert_string_equal(t[1].data, "size=64m");
	assert_int_equal(t[1].flags, MS_NOSUID | MS_NODEV);
	assert_string_equal(t[2].data, "");
	assert_string_equal(t[3].path, "/m");
	assert_string_equal(t[3].data, "size=4096,mode=700,uid=5");
	assert_int_equal(t[3].flags, MS_NOSUID | MS_NODEV | MS_RDONLY);
	expect_error("{\"Tmpfs\":{\"run\":\"\"}}",
		     "invalid mount path: 'run' mount path must be absolute, and not the root");
	expect_error("{\"Tmpfs\":{\"/run\":\"fly\"}}", "tmpfs /run: invalid tmpfs option \"fly\"");
	expect_error("{\"Tmpfs\":{\"/run\":\"size=\"}}",
		     "tmpfs /run: invalid tmpfs option \"size=\"");
	expect_error("{\"ShmSize\":-1}", "SHM size can not be less than 0");
}

static void check_resolv(const char *host_text, const char *want)
{
	cleanup(resolver_reset) struct resolver net = { 0 };
	cleanup_json json_t *host = NULL;
	cleanup_free char *have = NULL;

	assert_int_equal(json_read(host_text, strlen(host_text), "host", &host, NULL), 0);
	assert_int_equal(strv_add(&net.servers, "10.0.0.1"), 0);
	assert_int_equal(resolver_read("nameserver 1.2.3.4\n# search old\nsearch old\n"
				       "domain corp.example\tlan\noptions edns0 trust-ad\n",
				       &net),
			 0);
	assert_int_equal(spec_resolv_conf(host, &net, &have, NULL), 0);
	assert_string_equal(have, want);
}

static void a_network_and_the_host_say_what_the_user_does_not(void **state)
{
	(void)state;
	check_resolv("{}", "nameserver 10.0.0.1\nsearch corp.example lan\n"
			   "options edns0 trust-ad ndots:0\n");
	check_resolv("{\"Dns\":[],\"DnsSearch\":[\"a.b\"]}",
		     "nameserver 10.0.0.1\nsearch a.b\noptions edns0 trust-ad ndots:0\n");
	check_resolv("{\"Dns\":[\"127.0.0.1\"],\"DnsSearch\":[\".\"],\"DnsOptions\":[\"ndots:3\"]}",
		     "nameserver 127.0.0.1\noptions ndots:3\n");
}

static void the_networks_resolver_asks_the_servers_of_the_user(void **state)
{
	static const char *const its_own[] = { "127.0.0.1", "::1", "fe80::1", "224.0.0.1",
					       "0.0.0.0" };
	struct ip servers[SPEC_SERVERS_MAX];

	(void)state;
	check_resolv("{\"Dns\":[\"9.9.9.9\",\"fd00::53\"],\"DnsSearch\":[\"a.b\"]}",
		     "nameserver 10.0.0.1\nsearch a.b\noptions edns0 trust-ad ndots:0\n");
	for (size_t i = 0; i < ARRAY_SIZE(its_own); i++) {
		cleanup_json json_t *host = json_pack("{s:[s, s]}", "Dns", "9.9.9.9", its_own[i]);

		assert_int_equal(spec_servers(host, servers), 0);
	}
}

static void the_hosts_address_stands_for_host_gateway(void **state)
{
	cleanup_json json_t *host = json_pack("{s:[s, s, s]}", "ExtraHosts", "a:host-gateway",
					      "b:1.2.3.4", "c.d:host-gateway");
	cleanup_strv char **lines = NULL;

	(void)state;
	assert_int_equal(spec_gateway_hosts(host, "10.9.9.1", &lines, NULL), 0);
	assert_int_equal(strv_len(lines), 2);
	assert_string_equal(lines[0], "10.9.9.1\ta");
	assert_string_equal(lines[1], "10.9.9.1\tc.d");
}

static void names_become_lines_of_files(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"ExtraHosts\":[\"a:1.2.3.4\",\"b:[::1]\",\"h:host-gateway\"],"
		      "\"Dns\":[\"9.9.9.9\",\"::1\"],\"DnsSearch\":[\"a.b\",\"c\"],"
		      "\"DnsOptions\":[\"ndots:1\"]}");
	cleanup_oci_runtime struct oci_runtime *none = built("{\"DnsSearch\":[\".\"]}");

	(void)state;
	assert_int_equal(strv_len(rt->options.hosts), 2);
	assert_string_equal(rt->options.hosts[0], "1.2.3.4\ta");
	assert_string_equal(rt->options.hosts[1], "::1\tb");
	assert_string_equal(rt->options.resolv_conf, "nameserver 9.9.9.9\nnameserver ::1\n"
						     "search a.b c\noptions ndots:1\n");
	assert_string_equal(none->options.resolv_conf, "# no name servers\n");
	expect_error("{\"ExtraHosts\":[\"a\"]}", "bad format for add-host: \"a\"");
	expect_error("{\"ExtraHosts\":[\"a:x\"]}", "invalid IP address in add-host: \"a:x\"");
	expect_error("{\"ExtraHosts\":[\"a\\nb:1.1.1.1\"]}",
		     "invalid name in add-host: \"a\nb:1.1.1.1\"");
	expect_error("{\"Dns\":[\"one\"]}", "invalid DNS server \"one\": not an IP address");
	expect_error("{\"DnsOptions\":[\"a\\nnameserver 1.1.1.1\"]}",
		     "invalid word for \"options\" in resolv.conf: \"a\nnameserver 1.1.1.1\"");
}

static void paths_can_be_chosen(void **state)
{
	cleanup_oci_runtime struct oci_runtime *a =
		built("{\"MaskedPaths\":[\"/a\"],\"ReadonlyPaths\":[]}");
	cleanup_oci_runtime struct oci_runtime *b =
		built("{\"SecurityOpt\":[\"systempaths=unconfined\"]}");

	(void)state;
	assert_int_equal(strv_len(a->masked_paths), 1);
	assert_int_equal(strv_len(a->readonly_paths), 0);
	assert_int_equal(strv_len(b->masked_paths), 0);
	assert_int_equal(strv_len(b->readonly_paths), 0);
	expect_error("{\"MaskedPaths\":[\"a\"]}", "MaskedPaths: \"a\" is no absolute path");
}

static void no_new_privileges_is_on_or_off(void **state)
{
	cleanup_oci_runtime struct oci_runtime *a =
		built("{\"SecurityOpt\":[\"no-new-privileges:true\",\"label=disable\","
		      "\"seccomp=unconfined\"]}");
	cleanup_oci_runtime struct oci_runtime *b =
		built("{\"SecurityOpt\":[\"no-new-privileges=false\"]}");

	(void)state;
	assert_true(a->process->no_new_privileges);
	assert_null(a->seccomp);
	assert_false(b->process->no_new_privileges);
	expect_error("{\"SecurityOpt\":[\"no-new-privileges=maybe\"]}",
		     "invalid --security-opt: \"no-new-privileges=maybe\"");
}

#define PROFILE(rules) "{\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\",\\\"syscalls\\\":[" rules "]}"
#define RULE(name, more)                                                                           \
	"{\\\"names\\\":[\\\"" name "\\\"],\\\"action\\\":\\\"SCMP_ACT_ERRNO\\\"" more "}"

static size_t count_rules(const char *host)
{
	cleanup_oci_runtime struct oci_runtime *rt = built(host);

	assert_non_null(rt->seccomp);
	return json_array_size(json_object_get(rt->seccomp, "syscalls"));
}

static void seccomp_rules_depend_on_the_container(void **state)
{
	(void)state;
	assert_int_equal(
		count_rules("{\"SecurityOpt\":[\"seccomp=" PROFILE(
			RULE("mkdir", "") "," RULE("mount", ",\\\"excludes\\\":{\\\"caps\\\":"
							    "[\\\"CAP_SYS_ADMIN\\\"]}")) "\"]}"),
		2);
	assert_int_equal(
		count_rules("{\"CapAdd\":[\"SYS_ADMIN\"],\"SecurityOpt\":[\"seccomp=" PROFILE(
			RULE("mkdir", "") "," RULE("mount", ",\\\"excludes\\\":{\\\"caps\\\":"
							    "[\\\"CAP_SYS_ADMIN\\\"]}")) "\"]}"),
		1);
	assert_int_equal(
		count_rules("{\"SecurityOpt\":[\"seccomp=" PROFILE(RULE(
			"mkdir",
			",\\\"includes\\\":{\\\"arches\\\":["
			"\\\"s390x\\\"]}") "," RULE("ptrace",
						    ",\\\"includes\\\":{\\\"minKernel\\\":\\\"4."
						    "8\\\"}") "," RULE("bpf",
								       ",\\\"includes\\\":{"
								       "\\\"minKernel\\\":\\\"99."
								       "0\\\"}")) "\"]}"),
		1);
}

static void bad_seccomp_profiles_say_why(void **state)
{
	(void)state;
	expect_error("{\"SecurityOpt\":[\"seccomp={\"]}",
		     "seccomp profile: it is not valid JSON: line 1, column 1: string or '}' "
		     "expected near end of file");
	expect_error("{\"SecurityOpt\":[\"seccomp={}\"]}",
		     "seccomp profile: \"defaultAction\" is \"\", which is no action");
	expect_error("{\"SecurityOpt\":[\"seccomp=[]\"]}",
		     "seccomp profile: it must be a JSON object");
	expect_error("{\"SecurityOpt\":[\"seccomp=" PROFILE(
			     "{\\\"names\\\":[\\\"mkdir\\\"],"
			     "\\\"action\\\":\\\"SCMP_ACT_NOTIFY\\\"}") "\"]}",
		     "seccomp profile: moat does not support SCMP_ACT_NOTIFY");
	expect_error("{\"SecurityOpt\":[\"seccomp=" PROFILE(
			     RULE("mkdir", ",\\\"args\\\":[{\\\"index\\\":9,\\\"value\\\":0,"
					   "\\\"op\\\":\\\"SCMP_CMP_EQ\\\"}]")) "\"]}",
		     "seccomp profile: \"index\" must be from 0 to 5");
}

static void limits_become_files_of_the_cgroup(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"CpuShares\":1024,\"Memory\":104857600,\"MemoryReservation\":52428800,"
		      "\"MemorySwap\":-1,\"CpusetCpus\":\"0,2-3\"}");
	cleanup_oci_runtime struct oci_runtime *least = built("{\"CpuShares\":1}");
	cleanup_oci_runtime struct oci_runtime *most = built("{\"CpuShares\":999999}");

	(void)state;
	assert_int_equal(strv_len(rt->options.cgroup), 2);
	assert_string_equal(rt->options.cgroup[0], "cpu.weight=39");
	assert_string_equal(rt->options.cgroup[1], "memory.low=52428800");
	assert_string_equal(least->options.cgroup[0], "cpu.weight=1");
	assert_string_equal(most->options.cgroup[0], "cpu.weight=10000");
	expect_error("{\"MemorySwap\":1048576}",
		     "You should always set the Memory limit when using Memoryswap limit, see "
		     "usage");
	expect_error("{\"Memory\":104857600,\"MemorySwap\":1048576}",
		     "Minimum memoryswap limit should be larger than memory limit, see usage");
	expect_error("{\"Memory\":10485760,\"MemoryReservation\":104857600}",
		     "Minimum memory limit can not be less than memory reservation limit, see "
		     "usage");
	expect_error("{\"CpusetCpus\":\"4\"}",
		     "Requested CPUs are not available - requested 4, available: 0-3");
	expect_error("{\"CpusetCpus\":\"2-\"}", "Invalid value 2- for cpuset cpus");
	expect_error("{\"CpuShares\":-1}",
		     "invalid CPU shares (-1): value must be a positive integer");
}

static void an_update_sends_what_differs(void **state)
{
	cleanup_oci_runtime struct oci_runtime *old =
		built("{\"Memory\":104857600,\"PidsLimit\":10,\"CpuShares\":1024}");
	cleanup_oci_runtime struct oci_runtime *new =
		built("{\"Memory\":209715200,\"NanoCpus\":500000000,\"PidsLimit\":-1,"
		      "\"CpuShares\":1024,\"MemoryReservation\":52428800}");
	cleanup_strv char **settings = NULL, **same = NULL, **back = NULL;

	(void)state;
	assert_int_equal(update_settings(old, new, &settings), 0);
	assert_int_equal(strv_len(settings), 4);
	assert_string_equal(settings[0], "memory.max=209715200");
	assert_string_equal(settings[1], "cpu.max=50000 100000");
	assert_string_equal(settings[2], "pids.max=max");
	assert_string_equal(settings[3], "memory.low=52428800");
	assert_int_equal(update_settings(new, new, &same), 0);
	assert_int_equal(strv_len(same), 0);
	assert_int_equal(update_settings(new, old, &back), 0);
	assert_string_equal(back[1], "cpu.max=max 100000");
}

static void an_update_cannot_pass_the_machines_size(void **state)
{
	cleanup_oci_runtime struct oci_runtime *rt =
		built("{\"Memory\":104857600,\"NanoCpus\":1500000000}");
	struct err err;

	(void)state;
	assert_int_equal(update_check_size(rt, 2, 104857600, &err), 0);
	assert_int_equal(update_check_size(rt, 2, 104857599, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "99 MiB of memory"));
	assert_int_equal(update_check_size(rt, 1, GIB(1), &err), -EINVAL);
	assert_non_null(strstr(err.msg, "1 CPU,"));
}

static void the_machine_has_what_its_kernel_takes_on_top(void **state)
{
	(void)state;
	assert_int_equal(machine_memory_for(GIB(1)), GIB(1) + MIB(96));
	assert_int_equal(machine_memory_for(MIB(128)), MIB(128) + MIB(82));
	assert_int_equal(machine_memory_for(GIB(64)), GIB(64) + GIB(1) + MIB(80));
	assert_int_equal(machine_memory_for(1), MIB(81));
	assert_int_equal(machine_memory_left(MIB(32), GIB(1)), MIB(32) + MIB(96) + MIB(32));
	assert_true(machine_memory_left(GIB(1), GIB(1)) >= machine_memory_for(GIB(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_that_asks_for_nothing_has_no_options),
		cmocka_unit_test(simple_options_are_taken_over),
		cmocka_unit_test(tmpfs_has_dockers_defaults),
		cmocka_unit_test(names_become_lines_of_files),
		cmocka_unit_test(a_network_and_the_host_say_what_the_user_does_not),
		cmocka_unit_test(the_networks_resolver_asks_the_servers_of_the_user),
		cmocka_unit_test(the_hosts_address_stands_for_host_gateway),
		cmocka_unit_test(paths_can_be_chosen),
		cmocka_unit_test(no_new_privileges_is_on_or_off),
		cmocka_unit_test(seccomp_rules_depend_on_the_container),
		cmocka_unit_test(bad_seccomp_profiles_say_why),
		cmocka_unit_test(limits_become_files_of_the_cgroup),
		cmocka_unit_test(an_update_sends_what_differs),
		cmocka_unit_test(an_update_cannot_pass_the_machines_size),
		cmocka_unit_test(the_machine_has_what_its_kernel_takes_on_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
