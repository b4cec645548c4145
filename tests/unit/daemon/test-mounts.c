/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/spec/mounts.h"

static int read_request(const char *config_text, const char *host_text, struct mount_points *m,
			struct err *err)
{
	cleanup_json json_t *config = NULL, *host = NULL;

	assert_int_equal(json_read(config_text, strlen(config_text), "Config", &config, err), 0);
	assert_int_equal(json_read(host_text, strlen(host_text), "HostConfig", &host, err), 0);
	return mounts_from_request(config, host, m, err);
}

static char *path_of(const char *name, void *arg)
{
	return str_printf("%s/%s", (const char *)arg, name);
}

/* What docker's inspect shows, and what is kept, read again. */
static void expect_mounts(const char *config, const char *host, const char *described)
{
	static char folder[] = "/vols";
	struct mount_points m = { 0 }, again = { 0 };
	cleanup_free char *kept = NULL, *got = NULL, *kept_again = NULL;
	cleanup_json json_t *list = NULL;
	struct err err;

	if (read_request(config, host, &m, &err) < 0)
		fail_msg("%s", err.msg);
	kept = mount_points_write(&m);
	assert_int_equal(mount_points_read(kept, &again, &err), 0);
	kept_again = mount_points_write(&again);
	assert_string_equal(kept_again, kept);
	list = mount_points_describe(&again, path_of, folder);
	got = json_write(list);
	assert_string_equal(got, described);
	mount_points_reset(&m);
	mount_points_reset(&again);
}

static void expect_error(const char *config, const char *host, int code, const char *message)
{
	struct mount_points m = { 0 };
	struct err err;

	assert_int_equal(read_request(config, host, &m, &err), code);
	assert_string_equal(err.msg, message);
	mount_points_reset(&m);
}

static void expect_refused(const char *mount, const char *message)
{
	cleanup_free char *host = str_printf("{\"Mounts\":[%s]}", mount);

	expect_error("{}", host, -EINVAL, message);
}

static void binds_are_paths_names_or_nothing(void **state)
{
	(void)state;
	expect_mounts("{}", "{\"Binds\":[\"/srv//x/:/data/:ro\"]}",
		      "[{\"Type\":\"bind\",\"Source\":\"/srv/x\",\"Destination\":\"/data\","
		      "\"Mode\":\"ro\",\"RW\":false,\"Propagation\":\"rprivate\"}]");
	expect_mounts("{}", "{\"Binds\":[\"mine:/data\"]}",
		      "[{\"Type\":\"volume\",\"Name\":\"mine\",\"Source\":\"/vols/mine\","
		      "\"Destination\":\"/data\",\"Driver\":\"local\",\"Mode\":\"z\",\"RW\":true,"
		      "\"Propagation\":\"\"}]");
	expect_mounts("{}", "{\"Binds\":[\"/data\"]}",
		      "[{\"Type\":\"volume\",\"Name\":\"\",\"Source\":\"/vols/\","
		      "\"Destination\":\"/data\",\"Driver\":\"local\",\"Mode\":\"z\",\"RW\":true,"
		      "\"Propagation\":\"\"}]");
}

static void mounts_say_what_they_are(void **state)
{
	(void)state;
	expect_mounts(
		"{}",
		"{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/srv\",\"Target\":\"/b\","
		"\"BindOptions\":{\"Propagation\":\"rslave\"}},"
		"{\"Type\":\"volume\",\"Source\":\"mine\",\"Target\":\"/a\",\"ReadOnly\":true,"
		"\"VolumeOptions\":{\"Subpath\":\"x/./y\",\"NoCopy\":true}},"
		"{\"Type\":\"tmpfs\",\"Target\":\"/c\"}]}",
		"[{\"Type\":\"volume\",\"Name\":\"mine\",\"Source\":\"/vols/mine\","
		"\"Destination\":\"/a\",\"Driver\":\"local\",\"Mode\":\"z\",\"RW\":false,"
		"\"Propagation\":\"\"},{\"Type\":\"bind\",\"Source\":\"/srv\","
		"\"Destination\":\"/b\",\"Mode\":\"\",\"RW\":true,\"Propagation\":\"rslave\"},"
		"{\"Type\":\"tmpfs\",\"Source\":\"\",\"Destination\":\"/c\",\"Mode\":\"\","
		"\"RW\":true,\"Propagation\":\"\"}]");
}

static void what_is_mounted_deeper_comes_later(void **state)
{
	struct mount_points m = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(
		read_request("{}", "{\"Binds\":[\"/1:/a/b/c\",\"/2:/a\",\"/3:/a-b\"]}", &m, &err),
		0);
	assert_string_equal(m.list[0].destination, "/a");
	assert_string_equal(m.list[1].destination, "/a-b");
	assert_string_equal(m.list[2].destination, "/a/b/c");
	mount_points_reset(&m);
}

static void a_missing_source_is_made_for_binds_alone(void **state)
{
	struct mount_points m = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(
		read_request(
			"{}",
			"{\"Binds\":[\"/1:/a\"],\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/2\","
			"\"Target\":\"/b\"},{\"Type\":\"bind\",\"Source\":\"/3\",\"Target\":"
			"\"/c\",\"BindOptions\":{\"CreateMountpoint\":true}}]}",
			&m, &err),
		0);
	assert_true(m.list[0].make_source);
	assert_false(m.list[1].make_source);
	assert_true(m.list[2].make_source);
	mount_points_reset(&m);
}

static void a_destination_is_taken_once(void **state)
{
	static const char *const both[] = {
		"{\"Binds\":[\"/1:/a\",\"/2:/a/\"]}",
		"{\"Binds\":[\"/1:/a\"],\"Tmpfs\":{\"/a/\":\"\"}}",
		"{\"Binds\":[\"/1:/a\"],\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/a\"}]}",
		("{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/a\"},{\"Type\":\"volume\","
		 "\"Target\":\"/x/../a\"}]}"),
		"{\"Tmpfs\":{\"/a\":\"\"},\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/a\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		expect_error("{}", both[i], -EINVAL, "Duplicate mount point: /a");
}

static void volumes_of_the_image_are_for_places_that_are_left(void **state)
{
	struct mount_points m = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(read_request("{\"Volumes\":{\"/a\":{},\"/b/\":{},\"/c\":{}}}",
				      "{\"Binds\":[\"/1:/a\"],\"Tmpfs\":{\"/c\":\"\"}}", &m, &err),
			 0);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.list[0].type, MOUNT_BIND);
	assert_string_equal(m.list[1].destination, "/b");
	assert_true(m.list[1].anonymous);
	assert_string_equal(m.list[1].mode, "");
	mount_points_reset(&m);
}

static void what_another_container_has_gives_way_to_what_is_asked_for(void **state)
{
	struct mount_points other = { 0 }, m = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(read_request("{}", "{\"Binds\":[\"x1:/a\",\"x2:/b\"]}", &other, &err), 0);
	assert_int_equal(mount_points_inherit(&m, &other, true, &err), 0);
	assert_int_equal(
		read_request("{\"Volumes\":{\"/b\":{}}}", "{\"Binds\":[\"/1:/a\"]}", &m, &err), 0);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.list[0].type, MOUNT_BIND);
	assert_false(m.list[0].read_only);
	assert_string_equal(m.list[1].source, "x2");
	assert_true(m.list[1].read_only);
	assert_true(m.list[1].no_copy);
	mount_points_reset(&other);
	mount_points_reset(&m);
}

static void what_is_wrong_is_said_in_dockers_words(void **state)
{
	(void)state;
	expect_error("{}", "{\"Binds\":[\"/a:b\"]}", -EINVAL,
		     "invalid volume specification: '/a:b': invalid mount path: 'b' mount path "
		     "must be absolute");
	expect_error("{}", "{\"Binds\":[\"/a:/x/..\"]}", -EINVAL,
		     "invalid volume specification: '/a:/x/..': invalid specification: "
		     "destination can't be '/'");
	expect_error("{\"Volumes\":{\"data\":{}}}", "{}", -EINVAL,
		     "invalid mount path: 'data' mount path must be absolute");
	expect_refused("{\"Type\":\"bind\",\"Target\":\"/t\"}",
		       "invalid mount config for type \"bind\": field Source must not be empty");
	expect_refused("{\"Type\":\"bind\",\"Source\":\"/s\"}",
		       "invalid mount config for type \"bind\": field Target must not be empty");
	expect_refused("{\"Type\":\"bind\",\"Source\":\"s\",\"Target\":\"/t\"}",
		       "invalid mount config for type \"bind\": invalid mount path: 's' mount "
		       "path must be absolute");
	expect_refused(
		"{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/t\",\"VolumeOptions\":{}}",
		"invalid mount config for type \"bind\": field VolumeOptions must not be "
		"specified");
	expect_refused("{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/t\",\"BindOptions\":{"
		       "\"Propagation\":\"up\"}}",
		       "invalid mount config for type \"bind\": invalid propagation mode: up");
	expect_refused("{\"Type\":\"volume\",\"Target\":\"/t\",\"ReadOnly\":true}",
		       "invalid mount config for type \"volume\": must not set ReadOnly mode when "
		       "using anonymous volumes");
	expect_refused("{\"Type\":\"volume\",\"Source\":\"v1\",\"Target\":\"/t\","
		       "\"VolumeOptions\":{\"Subpath\":\"a/../../b\"}}",
		       "invalid mount config for type \"volume\": subpath must be a relative path "
		       "within the volume");
	expect_refused("{\"Type\":\"volume\",\"Target\":\"/t\","
		       "\"VolumeOptions\":{\"Subpath\":\"a\"}}",
		       "invalid mount config for type \"volume\": must not set Subpath when using "
		       "anonymous volumes");
	expect_refused("{\"Type\":\"volume\",\"Source\":\"v1\",\"Target\":\"/t\","
		       "\"VolumeOptions\":{\"DriverConfig\":{\"Name\":\"nfs\"}}}",
		       "invalid mount config for type \"volume\": error looking up volume plugin "
		       "nfs: plugin \"nfs\" not found");
	expect_refused("{\"Type\":\"tmpfs\",\"Source\":\"x\",\"Target\":\"/t\"}",
		       "invalid mount config for type \"tmpfs\": field Source must not be "
		       "specified");
	expect_refused("{\"Type\":\"npipe\",\"Target\":\"/t\"}",
		       "invalid mount config for type \"npipe\": mount type unknown");
}

static void what_cannot_be_is_refused_with_the_reason(void **state)
{
	(void)state;
	expect_error("{}", "{\"Binds\":[\"/a:/b:rshared\"]}", -EOPNOTSUPP,
		     "moat does not support propagation \"rshared\": what a container mounts is "
		     "mounted in a kernel of its own");
	expect_error("{}",
		     "{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/t\","
		     "\"BindOptions\":{\"NonRecursive\":true}}]}",
		     -EOPNOTSUPP,
		     "moat does not support binds that treat what is mounted below the source in "
		     "another way (NonRecursive)");
}

static void there_are_at_most_as_many_as_a_server_takes(void **state)
{
	cleanup(buf_reset) struct buf host = BUF_INIT;

	(void)state;
	assert_int_equal(buf_adds(&host, "{\"Binds\":["), 0);
	for (unsigned i = 0; i <= MOUNT_POINTS_MAX; i++)
		assert_int_equal(buf_addf(&host, "%s\"/s:/t%u\"", i > 0 ? "," : "", i), 0);
	assert_int_equal(buf_adds(&host, "]}"), 0);
	expect_error("{}", host.data, -EINVAL, "more than 256 mounts");
}

static void volumes_from_names_a_container_and_a_mode(void **state)
{
	char *name;
	bool read_only;
	struct err err;

	(void)state;
	assert_int_equal(mounts_volumes_from("web:ro", &name, &read_only, &err), 0);
	assert_string_equal(name, "web");
	assert_true(read_only);
	free(name);
	assert_int_equal(mounts_volumes_from("web", &name, &read_only, &err), 0);
	assert_false(read_only);
	free(name);
	assert_int_equal(mounts_volumes_from("web:fast", &name, &read_only, &err), -EINVAL);
	assert_string_equal(err.msg, "invalid mode: fast");
	assert_int_equal(mounts_volumes_from(":ro", &name, &read_only, &err), -EINVAL);
}

static void damaged_rows_are_refused(void **state)
{
	static const char *const texts[] = { "{}", "[{}]", "[{\"type\":\"x\"}]", "[1]", "[" };
	struct mount_points m = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(mount_points_read(texts[i], &m, &err), -EBADMSG);
		assert_int_equal(m.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_are_paths_names_or_nothing),
		cmocka_unit_test(mounts_say_what_they_are),
		cmocka_unit_test(what_is_mounted_deeper_comes_later),
		cmocka_unit_test(a_missing_source_is_made_for_binds_alone),
		cmocka_unit_test(a_destination_is_taken_once),
		cmocka_unit_test(volumes_of_the_image_are_for_places_that_are_left),
		cmocka_unit_test(what_another_container_has_gives_way_to_what_is_asked_for),
		cmocka_unit_test(what_is_wrong_is_said_in_dockers_words),
		cmocka_unit_test(what_cannot_be_is_refused_with_the_reason),
		cmocka_unit_test(there_are_at_most_as_many_as_a_server_takes),
		cmocka_unit_test(volumes_from_names_a_container_and_a_mode),
		cmocka_unit_test(damaged_rows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
