/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/create/create.h"
#include "cli/term/attach.h"

/* @line: the words after "moat run", separated by blanks.  Return: the request as text, owned; NULL
 * with @err. */
static char *request(const char *line, struct err *err)
{
	char *copy = strdup(line), *words[32] = { 0 }, *save = NULL;
	json_t *body = NULL;
	struct options o;
	char *text = NULL;
	size_t n = 0;

	assert_non_null(copy);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	assert_int_equal(options_parse(&container_commands[0], words, &o, err), 0);
	if (create_body(&o, &body, err) == 0)
		text = json_write(body);
	json_decref(body);
	options_reset(&o);
	free(copy);
	return text;
}

static void check_has(const char *line, const char *part)
{
	struct err err = { 0 };
	char *text = request(line, &err);

	assert_string_equal(err.msg, "");
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("%s is not in %s", part, text);
	free(text);
}

static void check_lacks(const char *line, const char *part)
{
	struct err err = { 0 };
	char *text = request(line, &err);

	assert_non_null(text);
	assert_null(strstr(text, part));
	free(text);
}

static void check_refused(const char *line, const char *part)
{
	struct err err = { 0 };

	assert_null(request(line, &err));
	assert_non_null(strstr(err.msg, part));
}

static void options_become_dockers_members(void **state)
{
	(void)state;
	check_has("img", "\"Image\":\"img\"");
	check_has("img echo -n x", "\"Cmd\":[\"echo\",\"-n\",\"x\"]");
	check_has("--entrypoint /bin/sh img", "\"Entrypoint\":[\"/bin/sh\"]");
	check_has("--entrypoint= img", "\"Entrypoint\":[\"\"]");
	check_has("-e A=1 --env B=2 -e A=3 img", "\"Env\":[\"A=3\",\"B=2\"]");
	check_has("-w /tmp -u me --hostname box --stop-signal INT img",
		  "\"User\":\"me\",\"WorkingDir\":\"/tmp\",\"Hostname\":\"box\","
		  "\"StopSignal\":\"INT\"");
	check_has("--cwd /tmp --uid 5 --gid 6 img", "\"User\":\"5:6\",\"WorkingDir\":\"/tmp\"");
	check_has("--gid 6 img", "\"User\":\":6\"");
	check_has("-l a=b -l c img", "\"Labels\":{\"a\":\"b\",\"c\":\"\"}");
	check_has("--cpus 1.5 -m 64m img", "\"Memory\":67108864,\"NanoCpus\":1500000000");
	check_has("--rm --read-only img", "\"AutoRemove\":true,\"ReadonlyRootfs\":true");
	check_has("--cap-add NET_RAW --cap-drop ALL img",
		  "\"CapAdd\":[\"NET_RAW\"],\"CapDrop\":[\"ALL\"]");
	check_has("--stop-timeout 3 img", "\"StopTimeout\":3");
	check_has("--health-cmd true --health-interval 1m30s --health-retries 2 img",
		  "\"Healthcheck\":{\"Interval\":90000000000,\"Retries\":2,"
		  "\"Test\":[\"CMD-SHELL\",\"true\"]}");
	check_has("--no-healthcheck img", "\"Healthcheck\":{\"Test\":[\"NONE\"]}");
	check_has("--restart on-failure:3 img",
		  "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}");
	check_has("--restart always img",
		  "\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":0}");
	check_has("--ulimit nofile=1:2 img", "{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}");
}

static void what_the_container_sees_becomes_dockers_members(void **state)
{
	(void)state;
	check_has("--group-add 5 --group-add audio img", "\"GroupAdd\":[\"5\",\"audio\"]");
	check_has("--sysctl net.ipv4.ip_forward=1 --sysctl a=b=c img",
		  "\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\",\"a\":\"b=c\"}");
	check_has("--tmpfs /run --tmpfs /tmp:size=1m,mode=1777 img",
		  "\"Tmpfs\":{\"/run\":\"\",\"/tmp\":\"size=1m,mode=1777\"}");
	check_has("--shm-size 128m img", "\"ShmSize\":134217728");
	check_has("--init --privileged img", "\"Init\":true,\"Privileged\":true");
	check_has("--add-host a:1.2.3.4 --add-host b=::1 img",
		  "\"ExtraHosts\":[\"a:1.2.3.4\",\"b:::1\"]");
	check_has("--dns 1.1.1.1 --dns-search a.b --dns-option ndots:1 img",
		  "\"Dns\":[\"1.1.1.1\"],\"DnsSearch\":[\"a.b\"],\"DnsOptions\":[\"ndots:1\"]");
	check_has("--domainname d.org img", "\"Domainname\":\"d.org\"");
	check_has("--oom-score-adj -5 img", "\"OomScoreAdj\":-5");
	check_has("--cpu-shares 512 --cpuset-cpus 0-1 img",
		  "\"CpuShares\":512,\"CpusetCpus\":\"0-1\"");
	check_has("-m 64m --memory-reservation 32m --memory-swap -1 img",
		  "\"MemoryReservation\":33554432,\"MemorySwap\":-1");
	check_has("--security-opt no-new-privileges --security-opt seccomp=unconfined img",
		  "\"SecurityOpt\":[\"no-new-privileges\",\"seccomp=unconfined\"]");
	check_has("--security-opt systempaths=unconfined img",
		  "\"MaskedPaths\":[],\"ReadonlyPaths\":[]");
	check_has("--masked-path NONE --masked-path /a img", "\"MaskedPaths\":[\"/a\"]");
	check_has("--read-only-path /a img", "\"/proc/sysrq-trigger\",\"/a\"]");
}

static void what_makes_no_sense_is_refused_by_name(void **state)
{
	(void)state;
	check_refused("--sysctl x img", "\"x\"");
	check_refused("--tmpfs :size=1m img", "\":size=1m\"");
	check_refused("--shm-size big img", "\"big\"");
	check_refused("--add-host a img", "\"a\"");
	check_refused("--oom-score-adj 2000 img", "\"2000\"");
	check_refused("--cpu-shares many img", "\"many\"");
	check_refused("--memory-swap -2 img", "\"-2\"");
	check_refused("--masked-path rel img", "\"rel\"");
	check_refused("--security-opt seccomp=/nonexistent img", "/nonexistent");
	check_refused("--init-image x img", "--init-image");
	check_refused("--label-file /nonexistent img", "/nonexistent");
}

static void streams_follow_i_t_and_d(void **state)
{
	(void)state;
	check_has("-it img", "\"Tty\":true,\"OpenStdin\":true,\"StdinOnce\":true,"
			     "\"AttachStdin\":true,\"AttachStdout\":true,\"AttachStderr\":true");
	check_has("-d img", "\"AttachStdin\":false,\"AttachStdout\":false");
	check_has("-d -i img", "\"OpenStdin\":true,\"StdinOnce\":false");
}

static void volumes_are_passed_on_for_moatd_to_judge(void **state)
{
	(void)state;
	check_has("-v /a:/b:ro -v /data img", "\"Binds\":[\"/a:/b:ro\"]");
	check_has("-v /data img", "\"Volumes\":{\"/data\":{}}");
}

/* docker's forms, and what docker's client makes of them. */
static void ports_are_published_in_all_of_dockers_forms(void **state)
{
	(void)state;
	check_has("-p 8080:80 img",
		  "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}");
	check_has("-p 127.0.0.1:53:53/udp img",
		  "{\"53/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"53\"}]}");
	check_has("-p [::1]:1:2 img", "{\"2/tcp\":[{\"HostIp\":\"::1\",\"HostPort\":\"1\"}]}");
	check_has("-p ::1:1:2 img", "{\"2/tcp\":[{\"HostIp\":\"::1\",\"HostPort\":\"1\"}]}");
	check_has("-p 80 img", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}");
	check_has("-p 0:80 img", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}");
	check_has("-p ::80 img", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}");
	check_has("-p 127.0.0.1::80/udp img",
		  "{\"80/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"\"}]}");
	check_has("-p 8000-8009:80 img",
		  "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8000-8009\"}]}");
	check_has("-p 8000-8001:80-81/udp img",
		  "{\"80/udp\":[{\"HostIp\":\"\",\"HostPort\":\"8000\"}],"
		  "\"81/udp\":[{\"HostIp\":\"\",\"HostPort\":\"8001\"}]}");
	check_has("-p 80-81 img", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}],"
				  "\"81/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}");
	check_has("-p 1:80 -p 2:80 img", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"1\"},"
					 "{\"HostIp\":\"\",\"HostPort\":\"2\"}]}");
	check_has("-p 1:80 img", "\"ExposedPorts\":{\"80/tcp\":{}}");
	check_has("--expose 80 --expose 90-91/udp img",
		  "\"ExposedPorts\":{\"80/tcp\":{},\"90/udp\":{},\"91/udp\":{}}");
	check_has("-P img", "\"PublishAllPorts\":true");
}

static void sockets_and_the_agent_are_moats_own(void **state)
{
	(void)state;
	check_has("--publish-socket /tmp/a.sock:/run/b.sock img",
		  "\"Sockets\":[{\"Host\":\"/tmp/a.sock\",\"Container\":\"/run/b.sock\"}]");
	assert_int_equal(setenv("SSH_AUTH_SOCK", "/tmp/agent", 1), 0);
	check_has("--ssh img", "\"SshAuthSock\":\"/tmp/agent\"");
	assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
	check_refused("--ssh img", "SSH_AUTH_SOCK");
	check_refused("--publish-socket /tmp/a.sock img", "\"/tmp/a.sock\"");
	check_refused("--publish-socket /tmp/a.sock:b img", "\"/tmp/a.sock:b\"");
}

static void bad_values_are_refused_by_name(void **state)
{
	(void)state;
	check_refused("--cpus -1 img", "\"-1\"");
	check_refused("--cpus 1.x img", "\"1.x\"");
	check_refused("--cpus . img", "\".\"");
	check_refused("--cpus 99999999999999999999 img", "99999999999999999999");
	check_refused("-m lots img", "\"lots\"");
	check_refused("--health-timeout soon img", "\"soon\"");
	check_refused("--no-healthcheck --health-cmd true img", "conflicts");
	check_refused("--restart on-failure:x img", "\"on-failure:x\"");
	check_refused("--ulimit nofile img", "\"nofile\"");
	check_refused("--ulimit nofile=x img", "\"nofile=x\"");
	check_refused("-p http img", "\"http\"");
	check_refused("-p 1:99999 img", "\"1:99999\"");
	check_refused("-p 99999:1 img", "\"99999:1\"");
	check_refused("-p localhost:1:1 img", "\"localhost:1:1\"");
	check_refused("-p 1-2:1-3 img", "\"1-2:1-3\"");
	check_refused("-p 1:80/icmp img", "\"1:80/icmp\"");
	check_refused("-p 1: img", "\"1:\"");
	check_refused("-p 2-1:80 img", "\"2-1:80\"");
	check_refused("--expose x img", "\"x\"");
	check_refused("-l =x img", "\"=x\"");
	check_refused("--stop-timeout soon img", "\"soon\"");
	check_refused("--env-file /nonexistent img", "/nonexistent");
}

static void networks_become_a_mode_and_endpoints(void **state)
{
	(void)state;
	check_has("--network web img", "\"NetworkMode\":\"web\"");
	check_lacks("--network web img", "NetworkingConfig");
	check_lacks("img", "NetworkMode");
	check_has("--net container:x img", "\"NetworkMode\":\"container:x\"");
	check_has("--network web --network db img",
		  "\"NetworkingConfig\":{\"EndpointsConfig\":{\"web\":{},\"db\":{}}}");
	check_has("--network web:ip=10.0.0.5,alias=a,alias=b img",
		  "{\"web\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.5\"},"
		  "\"Aliases\":[\"a\",\"b\"]}}");
	check_has("--network name=web,ip6=fd00::5,mac-address=02:00:00:00:00:05 img",
		  "{\"web\":{\"IPAMConfig\":{\"IPv6Address\":\"fd00::5\"},"
		  "\"MacAddress\":\"02:00:00:00:00:05\"}}");
	check_has("--network name=web,driver-opt=k=v,gw-priority=-2 img",
		  "{\"web\":{\"DriverOpts\":{\"k\":\"v\"},\"GwPriority\":-2}}");
	check_has("--network web --network db --ip 10.0.0.5 --network-alias x img",
		  "{\"web\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.5\"},"
		  "\"Aliases\":[\"x\"]},\"db\":{}}");
	check_has("--ip 10.0.0.5 img", "{\"default\":{\"IPAMConfig\":");
	check_has("--ip 10.0.0.5 img", "\"NetworkMode\":\"default\"");
	check_has("--link a:b --link c img", "\"Links\":[\"a:b\",\"c\"]");
	check_has("--no-dns img", "\"Moat\":{\"NoDns\":true}");
}

static void networks_that_make_no_sense_are_refused_by_name(void **state)
{
	(void)state;
	check_refused("--network web --network web img", "\"web\" is named twice");
	check_refused("--network web:ip img", "\"ip\" is no KEY=VALUE");
	check_refused("--network web:speed=9 img", "unknown key \"speed\"");
	check_refused("--network ip=10.0.0.5 img", "names no network");
	check_refused("--network :ip=10.0.0.5 img", "names no network");
	check_refused("--network name=web,gw-priority=x img", "gw-priority \"x\"");
	check_refused("--network name=web,driver-opt=x img", "driver-opt \"x\"");
}

static void the_exit_status_of_a_failed_start_is_dockers(void **state)
{
	(void)state;
	assert_int_equal(start_error_status(-EINVAL, &(struct err){ .code = -ENOENT }), 127);
	assert_int_equal(start_error_status(-EINVAL, &(struct err){ .code = -EACCES }), 126);
	assert_int_equal(start_error_status(-EINVAL, &(struct err){ .code = -EISDIR }), 126);
	assert_int_equal(start_error_status(-EINVAL, &(struct err){ .code = -ENOEXEC }), 126);
	assert_int_equal(start_error_status(-EIO, &(struct err){ .code = -ENOENT }), 125);
	assert_int_equal(start_error_status(-ENOENT, &(struct err){ .code = -ENOENT }), 125);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_become_dockers_members),
		cmocka_unit_test(what_the_container_sees_becomes_dockers_members),
		cmocka_unit_test(what_makes_no_sense_is_refused_by_name),
		cmocka_unit_test(streams_follow_i_t_and_d),
		cmocka_unit_test(volumes_are_passed_on_for_moatd_to_judge),
		cmocka_unit_test(ports_are_published_in_all_of_dockers_forms),
		cmocka_unit_test(sockets_and_the_agent_are_moats_own),
		cmocka_unit_test(bad_values_are_refused_by_name),
		cmocka_unit_test(networks_become_a_mode_and_endpoints),
		cmocka_unit_test(networks_that_make_no_sense_are_refused_by_name),
		cmocka_unit_test(the_exit_status_of_a_failed_start_is_dockers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
