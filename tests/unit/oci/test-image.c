/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/str.h"
#include "oci/config.h"
#include "oci/descriptor.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define FULL_CONFIG                                                                                \
	"{\"created\":\"2024-01-02T03:04:05Z\",\"architecture\":\"amd64\",\"os\":\"linux\","       \
	"\"config\":{\"User\":\"app\",\"Env\":[\"A=b\"],\"Entrypoint\":[\"/e\"],\"Cmd\":[\"c\"],"  \
	"\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\",\"ExposedPorts\":{\"80/tcp\":{}},"        \
	"\"Labels\":{\"l\":\"m\"},\"Volumes\":{\"/v\":{}},\"Healthcheck\":{\"Test\":[\"NONE\"]}}," \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A                                       \
	"\"]},\"history\":[{\"comment\":\"x\"}]}"

static void test_config_is_read_and_copied(void **state)
{
	cleanup_oci_image_config struct oci_image_config *c = NULL, *copy = NULL;

	(void)state;
	assert_int_equal(oci_image_config_parse(FULL_CONFIG, strlen(FULL_CONFIG), &c, NULL), 0);
	copy = oci_image_config_copy(c);
	assert_non_null(copy);
	oci_image_config_free(take_ptr(c));
	assert_string_equal(copy->platform.arch, "amd64");
	assert_string_equal(copy->user, "app");
	assert_string_equal(copy->env[0], "A=b");
	assert_string_equal(copy->entrypoint[0], "/e");
	assert_string_equal(copy->cmd[0], "c");
	assert_string_equal(copy->working_dir, "/w");
	assert_string_equal(copy->stop_signal, "SIGINT");
	assert_string_equal(copy->diff_ids[0], A);
	assert_non_null(json_object_get(copy->exposed_ports, "80/tcp"));
	assert_non_null(json_object_get(copy->volumes, "/v"));
	assert_string_equal(json_string_value(json_object_get(copy->labels, "l")), "m");
	assert_int_equal(json_array_size(copy->history), 1);
	assert_non_null(json_object_get(copy->config, "Healthcheck"));
	assert_non_null(copy->healthcheck);
}

#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

static void test_a_platform_is_understood_as_people_write_it_and_completed(void **state)
{
	static const struct {
		const char *config;
		struct oci_descriptor manifest;
		const char *os, *arch, *variant;
	} cases[] = {
		{ "{\"os\":\"Linux\",\"architecture\":\"x86_64\",", { 0 }, "linux", "amd64", "" },
		{ "{\"architecture\":\"aarch64\",", { 0 }, "linux", "arm64", "" },
		{ "{",
		  { .has_platform = true, .platform = { "linux", "arm", "v6" } },
		  "linux",
		  "arm",
		  "v6" },
		{ "{\"architecture\":\"s390x\",",
		  { .has_platform = true, .platform = { "linux", "arm", "v6" } },
		  "linux",
		  "s390x",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_oci_image_config struct oci_image_config *c = NULL;
		cleanup_free char *text = str_printf("%s%s", cases[i].config, ROOTFS);

		assert_int_equal(oci_image_config_parse(text, strlen(text), &c, NULL), 0);
		oci_image_config_complete(c, &cases[i].manifest);
		assert_string_equal(c->platform.os, cases[i].os);
		assert_string_equal(c->platform.arch, cases[i].arch);
		assert_string_equal(c->platform.variant, cases[i].variant);
	}
}

#define HEAD "{\"architecture\":\"amd64\",\"os\":\"linux\","

static void test_hostile_configs_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"os\":\"li nux\"," ROOTFS,
		HEAD "\"x\":1}",
		HEAD "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:12\"]}}",
		HEAD "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[7]}}",
		HEAD "\"rootfs\":{\"type\":\"other\",\"diff_ids\":[]}}",
		HEAD "\"config\":[]," ROOTFS,
		HEAD "\"config\":{\"Env\":\"A=b\"}," ROOTFS,
		HEAD "\"config\":{\"Env\":[1]}," ROOTFS,
		HEAD "\"config\":{\"Cmd\":{}}," ROOTFS,
		HEAD "\"config\":{\"User\":0}," ROOTFS,
		HEAD "\"config\":{\"User\":\"a\\u0000b\"}," ROOTFS,
		HEAD "\"config\":{\"Labels\":{\"a\":1}}," ROOTFS,
		HEAD "\"config\":{\"Volumes\":[]}," ROOTFS,
		HEAD "\"history\":{}," ROOTFS,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct oci_image_config *c = NULL;

		assert_int_equal(oci_image_config_parse(bad[i], strlen(bad[i]), &c, NULL),
				 -EBADMSG);
	}
}

/* "config" with a list or an object of @n entries */
static int parse_with(const char *key, bool is_object, int n)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct oci_image_config *c = NULL;
	int r;

	assert_int_equal(buf_addf(&b,
				  "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{"
				  "\"type\":\"layers\",\"diff_ids\":[]},\"config\":{\"%s\":%c",
				  key, is_object ? '{' : '['),
			 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(
			buf_addf(&b, is_object ? "%s\"k%d\":\"\"" : "%s\"k%d\"", i ? "," : "", i),
			0);
	assert_int_equal(buf_adds(&b, is_object ? "}}}" : "]}}"), 0);
	r = oci_image_config_parse(b.data, b.len, &c, NULL);
	oci_image_config_free(c);
	return r;
}

static void test_lists_of_a_config_are_bounded(void **state)
{
	static const struct {
		const char *key;
		bool is_object;
	} lists[] = {
		{ "Env", false }, { "Cmd", false }, { "Entrypoint", false }, { "Labels", true }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		assert_int_equal(parse_with(lists[i].key, lists[i].is_object, OCI_LIST_MAX), 0);
		assert_int_equal(parse_with(lists[i].key, lists[i].is_object, OCI_LIST_MAX + 1),
				 -EBADMSG);
	}
}

static void test_absent_and_null_members_are_the_same(void **state)
{
	static const char text[] =
		HEAD "\"config\":{\"Env\":null,\"Cmd\":null,\"Labels\":null}," ROOTFS;
	cleanup_oci_image_config struct oci_image_config *c = NULL;

	(void)state;
	assert_int_equal(oci_image_config_parse(text, strlen(text), &c, NULL), 0);
	assert_null(c->env);
	assert_null(c->labels);
	assert_int_equal(strv_len(c->diff_ids), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_is_read_and_copied),
		cmocka_unit_test(test_a_platform_is_understood_as_people_write_it_and_completed),
		cmocka_unit_test(test_hostile_configs_are_refused),
		cmocka_unit_test(test_lists_of_a_config_are_bounded),
		cmocka_unit_test(test_absent_and_null_members_are_the_same),
	};

	return cmocka_run_group_tests_name("oci: image", tests, NULL, NULL);
}
