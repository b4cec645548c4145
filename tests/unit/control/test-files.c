/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a machine's and a container's folder: machine.json, exit.json. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "control/exit.h"
#include "control/machine-spec.h"
#include "control/names.h"
#include "folder.h"

#define MACHINE                                                                                    \
	"{\"engine\":\"e\",\"cpus\":2,\"memory_bytes\":268435456,\"kernel\":\"/k\","               \
	"\"initrd\":\"/i\",\"disk_bytes\":1073741824,\"cold\":true}"

static void a_machine_is_read(void **state)
{
	struct machine_spec m;
	struct err err;

	folder_put(*state, MACHINE_FILE, MACHINE);
	assert_int_equal(machine_spec_load(((struct folder *)*state)->fd, &m, &err), 0);
	assert_string_equal(m.engine, "e");
	assert_string_equal(m.kernel, "/k");
	assert_string_equal(m.initrd, "/i");
	assert_int_equal(m.cpus, 2);
	assert_int_equal(m.memory_bytes, 268435456);
	assert_int_equal(m.disk_bytes, 1073741824);
	assert_null(m.cpuset);
	machine_spec_reset(&m);
}

static void a_machine_is_read_as_it_was_written(void **state)
{
	struct machine_spec m = { .engine = "e",
				  .kernel = "/k",
				  .initrd = "/i",
				  .acpi = true,
				  .cpus = 3,
				  .memory_bytes = 1 << 30,
				  .disk_bytes = 7,
				  .cpuset = "0-2" };
	struct machine_spec got;
	int fd = ((struct folder *)*state)->fd;

	assert_int_equal(machine_spec_write(fd, &m, NULL), 0);
	assert_int_equal(machine_spec_load(fd, &got, NULL), 0);
	assert_true(got.acpi);
	assert_int_equal(got.cpus, 3);
	assert_int_equal(got.disk_bytes, 7);
	assert_string_equal(got.cpuset, "0-2");
	machine_spec_reset(&got);
}

static void a_missing_file_is_named(void **state)
{
	struct machine_spec m;
	struct err err;

	assert_int_equal(machine_spec_load(((struct folder *)*state)->fd, &m, &err), -ENOENT);
	assert_non_null(strstr(err.msg, MACHINE_FILE));
}

static void wrong_machines_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"engine\":\"e\",\"cpus\":0,\"memory_bytes\":268435456,\"kernel\":\"/k\","
		"\"initrd\":\"/i\"}",
		"{\"engine\":\"e\",\"cpus\":1,\"memory_bytes\":-1,\"kernel\":\"/k\","
		"\"initrd\":\"/i\"}",
		"{\"engine\":\"e\",\"cpus\":1,\"memory_bytes\":268435456,\"kernel\":\"k\","
		"\"initrd\":\"/i\"}",
		"{\"engine\":\"e\",\"cpus\":\"1\",\"memory_bytes\":268435456,\"kernel\":\"/k\","
		"\"initrd\":\"/i\"}",
		"{\"engine\":\"e\",\"cpus\":1,\"memory_bytes\":268435456,\"kernel\":\"/k\","
		"\"initrd\":\"/i\",\"cpuset\":\"x\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct machine_spec m;
		struct err err;

		folder_put(*state, MACHINE_FILE, wrong[i]);
		assert_true(machine_spec_load(((struct folder *)*state)->fd, &m, &err) < 0);
		assert_non_null(strstr(err.msg, MACHINE_FILE));
	}
}

static void exit_json_says_how_it_ended(void **state)
{
	struct exit_status e = { .code = 137, .oom = true, .started_nsec = 5, .finished_nsec = 6 };
	struct buf text = BUF_INIT;
	int fd = ((struct folder *)*state)->fd;

	err_set(&e.err, -EIO, "say \"why\"");
	assert_int_equal(exit_write(fd, &e, true), 0);
	assert_int_equal(file_read_at(fd, EXIT_FILE, 4096, &text), 0);
	assert_string_equal(text.data, "{\"code\":137,\"oom\":true,\"error\":\"say \\\"why\\\"\","
				       "\"started_nsec\":5,\"finished_nsec\":6}");
	buf_reset(&text);
}

static void exit_json_is_read_back(void **state)
{
	struct exit_status e = { .code = 7, .started_nsec = 5, .finished_nsec = 6 }, got;
	const char *name = strrchr(((struct folder *)*state)->path, '/') + 1;
	cleanup_close int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = ((struct folder *)*state)->fd;

	assert_int_equal(exit_load(tmp, name, &got), -ENOENT);
	assert_int_equal(exit_write(fd, &e, false), 0);
	assert_int_equal(exit_load(tmp, name, &got), 0);
	assert_int_equal(got.code, 7);
	assert_int_equal(got.finished_nsec, 6);
	folder_put(*state, EXIT_FILE, "{\"code\":256}");
	assert_true(exit_load(tmp, name, &got) < 0);
	folder_put(*state, EXIT_FILE, "");
	assert_int_equal(exit_load(tmp, name, &got), -EBADMSG);
}

static void failures_to_start_have_dockers_codes(void **state)
{
	(void)state;
	assert_int_equal(exit_code_of_errno(ENOENT), 127);
	assert_int_equal(exit_code_of_errno(EACCES), 126);
	assert_int_equal(exit_code_of_errno(EISDIR), 126);
	assert_int_equal(exit_code_of_errno(ENOEXEC), 126);
	assert_int_equal(exit_code_of_errno(EINVAL), 125);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_machine_is_read, folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_machine_is_read_as_it_was_written, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(a_missing_file_is_named, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(wrong_machines_are_refused, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(exit_json_says_how_it_ended, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(exit_json_is_read_back, folder_set_up,
						folder_tear_down),
		cmocka_unit_test(failures_to_start_have_dockers_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
