/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/flatten/unpack.h"
#include "sample.h"

static int unpack(const char *program, struct flatten_layer *layers, size_t n, int out_fd,
		  struct err *err)
{
	const struct flatten_input in = { layers, n, flatten_limits_usual() };
	struct unpack u;
	int r = unpack_start(program, &in, out_fd, &u, err);

	return r == 0 ? unpack_wait(&u, &in, err) : r;
}

static void test_unpack(void **state)
{
	char diff_id[SHA256_HEX_LEN + 8], want[SHA256_HEX_LEN + 1], hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	(void)state;
	sample_diff_id(diff_id);
	for (size_t i = 0; i < N_FILTERS; i++) {
		struct flatten_layer layer = { .fd = sample(filters[i]), .diff_id = diff_id };
		int out_fd = output();

		assert_int_equal(flatten_one(layer.fd, diff_id, &product, want, &err), 0);
		if (unpack(MOAT_UNPACK, &layer, 1, out_fd, &err) < 0)
			fail_msg("%s", err.msg);
		assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
		assert_int_equal(hash_fd(out_fd, hex), 0);
		assert_string_equal(hex, want);
		close(out_fd);
		close(layer.fd);
	}
}

/* What the libraries do in corners must get through the system call filter. */
static void test_unpack_corners(void **state)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_ZSTD);
	char tar[512 * 4] = { 0 }, name[32];
	static const char record[] = "16 path=caf\xc3\xa9 \xff\n";
	struct flatten_layer layers[3];
	struct err err = { 0 };
	int out_fd = output();

	(void)state;
	ustar_header(tar, "PaxHeaders.0/x", 'x', 16);
	memcpy(tar + 512, record, 16);
	ustar_header(tar + 1024, "x", '0', 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		TAR_ADD(a, .path = name, .xattr = "user.\xc3\xa9", .value = "v");
	}
	layers[0] = (struct flatten_layer){ .fd = tar_end(a) };
	layers[1] = (struct flatten_layer){ .fd = memory_file(tar, sizeof(tar)) };
	layers[2] = (struct flatten_layer){ .fd = TAR({ .path = ".wh.d" }) };
	if (unpack(MOAT_UNPACK, layers, 3, out_fd, &err) < 0)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < 3; i++)
		close(layers[i].fd);
	close(out_fd);
}

static void assert_unpack_fails(const char *program, int layer_fd, int code, const char *message)
{
	struct flatten_layer layer = { .fd = layer_fd };
	struct err err = { 0 };
	int out_fd = output();

	assert_int_equal(unpack(program, &layer, 1, out_fd, &err), code);
	if (!strstr(err.msg, message))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
	close(out_fd);
	close(layer_fd);
}

static void test_unpack_errors(void **state)
{
	(void)state;
	assert_unpack_fails(MOAT_UNPACK, TAR({ .path = "ok" }, { .path = "../x" }), -EBADMSG,
			    "layer 1: entry \"../x\" leaves the root of the image");
	assert_unpack_fails(MOAT_UNPACK, resized(sample(ARCHIVE_FILTER_GZIP), -10), -EBADMSG,
			    "layer 1: the compressed data is damaged: truncated gzip input");
	assert_unpack_fails("/no/such/program", sample(ARCHIVE_FILTER_NONE), -ENOENT,
			    "cannot start /no/such/program");
	assert_unpack_fails("/bin/false", sample(ARCHIVE_FILTER_NONE), -EIO, "said nothing");
}

static int write_script(char *path, const char *text)
{
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	return close(fd);
}

static void test_unpack_killed(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{ "#!/bin/sh\nkill -KILL $$\n", -ENOMEM, "out of memory" },
		{ "#!/bin/sh\nkill -SYS $$\n", -EIO, "a system call that is not allowed" },
		{ "#!/bin/sh\nkill -SEGV $$\n", -EIO, "crashed with signal 11" },
		{ "#!/bin/sh\nprintf '74 bad\\033[31m\\nthing' >&3; exit 1\n", -74,
		  "bad?[31m?thing" },
		{ "#!/bin/sh\nprintf '0 fine' >&3; exit 1\n", -EIO, "ended with status 1" },
		{ "#!/bin/sh\nprintf '99999 x' >&3; exit 1\n", -EIO, "ended with status 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[] = "/tmp/moat-test-XXXXXX";

		assert_int_equal(write_script(path, cases[i].text), 0);
		assert_unpack_fails(path, sample(ARCHIVE_FILTER_NONE), cases[i].code,
				    cases[i].message);
		unlink(path);
	}
}

static void test_unpack_descriptors(void **state)
{
	static const char script[] =
		"#!/bin/sh\nset -- $(ls /proc/$$/fd)\nprintf '5 %s' \"$*\" >&3; exit 1\n";
	char path[] = "/tmp/moat-test-XXXXXX";
	int leaked = dup(STDERR_FILENO); /* without O_CLOEXEC */

	(void)state;
	assert_int_equal(write_script(path, script), 0);
	/* The shell itself has the script open as 10. */
	assert_unpack_fails(path, sample(ARCHIVE_FILTER_NONE), -5, "0 1 10 2 3 4 5");
	unlink(path);
	close(leaked);
}

static void *unpack_thread(void *arg)
{
	char diff_id[SHA256_HEX_LEN + 8];
	struct flatten_layer layer = { .fd = *(int *)arg, .diff_id = diff_id };
	intptr_t r = 0;

	memcpy(diff_id, (char *)arg + sizeof(int), sizeof(diff_id));
	for (int i = 0; i < 5 && r == 0; i++) {
		int out_fd = memfd_create("image", MFD_CLOEXEC);

		r = unpack(MOAT_UNPACK, &layer, 1, out_fd, NULL);
		close(out_fd);
	}
	return (void *)r;
}

static void test_unpack_threads(void **state)
{
	struct {
		int fd;
		char diff_id[SHA256_HEX_LEN + 8];
	} arg = { .fd = sample(ARCHIVE_FILTER_GZIP) };
	pthread_t threads[4];

	(void)state;
	sample_diff_id(arg.diff_id);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, unpack_thread, &arg), 0);
	for (int i = 0; i < 4; i++) {
		void *r;

		assert_int_equal(pthread_join(threads[i], &r), 0);
		assert_null(r);
	}
	close(arg.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "moat-unpack makes the same image", test_unpack },
		{ "moat-unpack: unusual layers pass the system call filter", test_unpack_corners },
		{ "moat-unpack: its errors arrive", test_unpack_errors },
		{ "moat-unpack: a killed, crashed or lying process is an error",
		  test_unpack_killed },
		{ "moat-unpack has no descriptors but its own", test_unpack_descriptors },
		{ "moat-unpack can be started from several threads", test_unpack_threads },
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
