/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation fails in turn: an error is returned, nothing else happens; ASan looks for what
 * is left behind. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "control/request.h"
#include "faults.h"
#include "link/query.h"
#include "link/setup.h"
#include "oci/config.h"
#include "oci/manifest.h"
#include "oci/mounts-json.h"
#include "oci/network-json.h"
#include "oci/process-json.h"
#include "oci/runtime.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYER                                                                                      \
	"{\"mediaType\":\"application/"                                                            \
	"vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:" HEX64 "\",\"size\":10}"

/* jansson has its memory through these. */
static void *json_allocate(size_t n)
{
	return malloc(n);
}

static int set_up(void **state)
{
	(void)state;
	json_set_alloc_funcs(json_allocate, free);
	return 0;
}

static struct wire_view view(const struct buf *b)
{
	return (struct wire_view){ .data = (const void *)b->data, .len = b->len };
}

/* Who fails has said why. */
static void assert_told(int r, const struct err *err)
{
	assert_int_equal(err->code, r);
	assert_true(r == 0 || *err->msg);
}

static int container(void *arg)
{
	char *paths[] = { (char[]){ "/proc/kcore" }, (char[]){ "/proc/keys" }, NULL };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_container sent = { .hostname = (char[]){ "box" },
				       .masked_paths = paths,
				       .readonly_paths = paths,
				       .options = { (const unsigned char *)"options", 7 } };
	struct link_container got = { 0 };
	int r = link_container_put(&b, &sent);

	(void)arg;
	if (r == 0)
		r = link_container_get(view(&b), &got);
	if (r < 0)
		assert_null(got.hostname);
	else
		assert_string_equal(got.masked_paths[1], "/proc/keys");
	link_container_reset(&got);
	return r;
}

static int procs(void *arg)
{
	struct link_proc sent[2] = { { .pid = 1, .command = "init" },
				     { .pid = 2, .command = "sh" } };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_proc *got = NULL;
	uint32_t id;
	size_t n;
	int r = link_procs_put(&b, 5, sent, 2);

	(void)arg;
	if (r == 0)
		r = link_procs_get(view(&b), &id, &got, &n);
	if (r < 0)
		assert_null(got);
	free(got);
	return r;
}

static int process(void *arg)
{
	static const char text[] =
		"{\"args\":[\"sh\",\"-c\",\"true\"],\"env\":[\"A=b\"],\"cwd\":\"/\","
		"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":2}]}";
	cleanup_oci_process struct oci_process *p = NULL, *again = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL, *written = NULL;
	struct wire_view v;
	struct err err = { 0 };
	int r = json_read(text, strlen(text), "process", &obj, &err);

	(void)arg;
	if (r == 0)
		r = oci_process_read(obj, &p, &err);
	assert_told(r, &err);
	if (r == 0)
		r = oci_process_put(&b, p);
	v = view(&b);
	if (r == 0)
		r = oci_process_get(&v, &again);
	if (r < 0)
		return r;
	assert_string_equal(again->args[2], "true");
	written = oci_process_write(again);
	return written ? 0 : -ENOMEM;
}

/* Texts are short, as jansson drops bytes of long ones that it has no memory for. */
static int network(void *arg)
{
	static const char text[] =
		"{\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\","
		"\"addresses\":[\"10.0.0.2/24\"],\"gateway4\":\"10.0.0.1\","
		"\"gateway6\":\"fd00::1\",\"routes\":[\"10.1.0.0/16 via 10.0.0.9\"],"
		"\"sysctls\":[\"net.ipv6.conf.IFNAME.x=1\"]}]}";
	cleanup(oci_network_reset) struct oci_network n = { 0 }, got = { 0 }, copy = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL, *written = NULL;
	struct wire_view v;
	struct err err = { 0 };
	int r = json_read(text, strlen(text), "network", &obj, &err);

	(void)arg;
	if (r == 0)
		r = oci_network_read(obj, &n, &err);
	assert_told(r, &err);
	if (r == 0)
		r = oci_network_put(&b, &n);
	v = view(&b);
	if (r == 0)
		r = oci_network_get(&v, &got);
	if (r == 0)
		r = oci_network_copy(&got, &copy);
	if (r < 0)
		return r;
	assert_int_equal(copy.n, n.n);
	assert_true(oci_interface_is_equal(&n.interfaces[0], &copy.interfaces[0]));
	written = oci_network_write(&copy);
	return written ? 0 : -ENOMEM;
}

static int manifest(void *arg)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		"\"digest\":\"sha256:" HEX64 "\",\"size\":2},\"layers\":[" LAYER "," LAYER "]}";
	struct oci_manifest *m = NULL;
	struct err err = { 0 };
	int r = oci_manifest_parse(text, strlen(text), &m, &err);

	(void)arg;
	if (r < 0)
		assert_null(m);
	assert_told(r, &err);
	oci_manifest_free(m);
	return r;
}

static int image_config(void *arg)
{
	static const char text[] =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=b\"],"
		"\"Cmd\":[\"sh\"],\"Labels\":{\"a\":\"b\"},\"ExposedPorts\":{\"80/tcp\":{}}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX64 "\"]}}";
	struct oci_image_config *c = NULL;
	struct err err = { 0 };
	int r = oci_image_config_parse(text, strlen(text), &c, &err);

	(void)arg;
	if (r < 0)
		assert_null(c);
	assert_told(r, &err);
	oci_image_config_free(c);
	return r;
}

static int runtime(void *arg)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"hostname\":\"box\",\"root\":{\"path\":\"/x\"},"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},"
		"\"linux\":{\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"]}}";
	struct oci_runtime *rt = NULL;
	struct err err = { 0 };
	int r = oci_runtime_parse(text, strlen(text), &rt, &err);

	(void)arg;
	if (r < 0)
		assert_null(rt);
	assert_told(r, &err);
	oci_runtime_free(rt);
	return r;
}

static int mounts(void *arg)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"/x\"},\"linux\":{\"resources\":{}},"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},\"mounts\":[{\"type\":\"bind\","
		"\"source\":\"/a\",\"destination\":\"/b\",\"options\":[\"ro\",\"moat.copy\"]}]}";
	cleanup(oci_mounts_reset) struct oci_mounts got = { 0 };
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *list = NULL;
	struct err err = { 0 };
	struct wire_view v;
	int r = oci_runtime_parse(text, strlen(text), &rt, &err);

	(void)arg;
	assert_told(r, &err);
	if (r == 0)
		r = oci_mounts_put(&b, &rt->options.mounts);
	v = view(&b);
	if (r == 0)
		r = oci_mounts_get(&v, &got);
	if (r < 0)
		return r;
	list = json_array();
	return list ? oci_mounts_write(&rt->options.mounts, list) : -ENOMEM;
}

static int request(void *arg)
{
	static const char text[] =
		"{\"op\":\"exec\",\"container\":\"c\",\"target\":\"x\",\"stdout\":true,"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"}}";
	struct control_request rq = { 0 };
	struct err err = { 0 };
	int r = control_request_read(text, strlen(text), &rq, &err);

	(void)arg;
	if (r < 0)
		assert_null(rq.process);
	control_request_reset(&rq);
	return r;
}

static void each_allocation_may_fail(void **state)
{
	static int (*const subjects[])(void *) = { container, procs,	process,
						   network,   manifest, image_config,
						   runtime,   mounts,	request };

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		assert_true(faults_each(FAULT_MEMORY, subjects[i], NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_may_fail) };

	return cmocka_run_group_tests(tests, set_up, NULL);
}
