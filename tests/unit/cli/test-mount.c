/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/create/create-mount.h"
#include "cli/create/csv.h"

static void expect_mount(const char *text, const char *json)
{
	cleanup_json json_t *mount = NULL;
	cleanup_free char *got = NULL;
	struct err err = { 0 };

	if (create_mount(text, &mount, &err) < 0)
		fail_msg("%s", err.msg);
	got = json_write(mount);
	assert_string_equal(got, json);
}

static void expect_error(const char *text, const char *why)
{
	cleanup_free char *whole =
		str_printf("invalid argument \"%s\" for \"--mount\": %s", text, why);
	json_t *mount = NULL;
	struct err err = { 0 };

	assert_int_equal(create_mount(text, &mount, &err), -EINVAL);
	assert_string_equal(err.msg, whole);
}

static void fields_become_dockers_members(void **state)
{
	(void)state;
	expect_mount("type=bind,source=/srv,target=/data,readonly",
		     "{\"Type\":\"bind\",\"Source\":\"/srv\",\"Target\":\"/data\","
		     "\"ReadOnly\":true}");
	expect_mount("src=mine,dst=/data,ro=false,volume-nocopy,volume-subpath=a/b",
		     "{\"Type\":\"volume\",\"Source\":\"mine\",\"Target\":\"/data\","
		     "\"ReadOnly\":false,\"VolumeOptions\":{\"NoCopy\":true,\"Subpath\":\"a/b\"}}");
	expect_mount("type=volume,destination=/d,volume-label=a=b,volume-label=c,"
		     "volume-driver=local,volume-opt=size=1g,volume-opt=o=bind",
		     "{\"Type\":\"volume\",\"Target\":\"/d\",\"VolumeOptions\":{\"Labels\":{\"a\":"
		     "\"b\",\"c\":\"\"},\"DriverConfig\":{\"Name\":\"local\",\"Options\":{\"size\":"
		     "\"1g\",\"o\":\"bind\"}}}}");
	expect_mount("type=TMPFS,Target=/t,tmpfs-size=64m,tmpfs-mode=1770",
		     "{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":{\"SizeBytes\":"
		     "67108864,\"Mode\":1016}}");
	expect_mount("type=bind,src=/s,dst=/d,bind-propagation=RSLAVE,bind-recursive=disabled,"
		     "consistency=cached",
		     "{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/d\",\"BindOptions\":{"
		     "\"Propagation\":\"rslave\",\"NonRecursive\":true},\"Consistency\":"
		     "\"cached\"}");
}

static void quoted_fields_may_hold_commas(void **state)
{
	(void)state;
	expect_mount("type=bind,\"source=/a,b\",\"target=/x\"\"y\"",
		     "{\"Type\":\"bind\",\"Source\":\"/a,b\",\"Target\":\"/x\\\"y\"}");
}

static void what_is_wrong_is_said_in_dockers_words(void **state)
{
	(void)state;
	expect_error("type=bind,colour", "invalid field 'colour' must be a key=value pair");
	expect_error("type=bind,colour=red", "unexpected key 'colour' in 'colour=red'");
	expect_error("type=bind,src=/s,dst=/d,ro=maybe", "invalid value for ro: maybe");
	expect_error("type=bind,src=/s", "target is required");
	expect_error("type=,dst=/d", "type is required");
	expect_error("type=bind,src=/s,dst=/d,volume-nocopy",
		     "cannot mix 'volume-*' options with mount type 'bind'");
	expect_error("dst=/d,bind-propagation=private",
		     "cannot mix 'bind-*' options with mount type 'volume'");
	expect_error("dst=/d,tmpfs-size=1m",
		     "cannot mix 'tmpfs-*' options with mount type 'volume'");
	expect_error("type=tmpfs,dst=/d,tmpfs-size=much", "invalid value for tmpfs-size: much");
	expect_error("type=tmpfs,dst=/d,tmpfs-mode=9", "invalid value for tmpfs-mode: 9");
	expect_error("type=bind,src=/s,dst=/d,bind-recursive=often",
		     "invalid value for bind-recursive: often (must be \"enabled\", \"disabled\", "
		     "\"writable\", or \"readonly\")");
	expect_error("type=bind,src=/s,dst=/d,bind-recursive=readonly",
		     "option 'bind-recursive=readonly' requires 'readonly' to be specified in "
		     "conjunction");
	expect_error("type=bind,src=/s,dst=/d,ro,bind-recursive=readonly",
		     "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be "
		     "specified in conjunction");
	expect_error("", "invalid field '' must be a key=value pair");
	expect_error("type=bind,\"source=/a", "a quotation mark in the middle of a field, or "
					      "without the one that ends it");
	expect_error("type=bind,sour\"ce=/a", "a quotation mark in the middle of a field, or "
					      "without the one that ends it");
}

static void relative_sources_are_those_of_the_client(void **state)
{
	cleanup_free char *bind = NULL, *mount = NULL, *cwd = getcwd(NULL, 0);
	cleanup_json json_t *volumes = json_object(), *binds = json_array();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(create_volume("./a/../b:/data:ro", volumes, binds, &err), 0);
	bind = str_printf("%s/b:/data:ro", cwd);
	assert_string_equal(json_string_value(json_array_get(binds, 0)), bind);
	assert_int_equal(create_volume(".:/data", volumes, binds, &err), 0);
	mount = str_printf("{\"Type\":\"bind\",\"Source\":\"%s/x\",\"Target\":\"/t\"}", cwd);
	expect_mount("type=bind,source=./x,target=/t", mount);
	expect_mount("type=bind,source=x,target=/t",
		     "{\"Type\":\"bind\",\"Source\":\"x\",\"Target\":\"/t\"}");
}

static void a_volume_is_a_bind_or_a_path(void **state)
{
	cleanup_json json_t *volumes = json_object(), *binds = json_array();
	cleanup_free char *both = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(create_volume("/srv:/data:ro", volumes, binds, &err), 0);
	assert_int_equal(create_volume("mine:/data", volumes, binds, &err), 0);
	assert_int_equal(create_volume("/data", volumes, binds, &err), 0);
	both = json_write(binds);
	assert_string_equal(both, "[\"/srv:/data:ro\",\"mine:/data\"]");
	assert_int_equal(json_object_size(volumes), 1);
	assert_non_null(json_object_get(volumes, "/data"));
	assert_int_equal(create_volume("/data:ro", volumes, binds, &err), -EINVAL);
	assert_string_equal(err.msg, "invalid volume specification: '/data:ro'");
}

static void lines_of_csv_are_split(void **state)
{
	cleanup_strv char **fields = NULL;
	struct err err;

	(void)state;
	assert_int_equal(csv_split("a,,\"b\"\"\",", &fields, &err), 0);
	assert_int_equal(strv_len(fields), 4);
	assert_string_equal(fields[1], "");
	assert_string_equal(fields[2], "b\"");
	assert_string_equal(fields[3], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_dockers_members),
		cmocka_unit_test(quoted_fields_may_hold_commas),
		cmocka_unit_test(what_is_wrong_is_said_in_dockers_words),
		cmocka_unit_test(relative_sources_are_those_of_the_client),
		cmocka_unit_test(a_volume_is_a_bind_or_a_path),
		cmocka_unit_test(lines_of_csv_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
