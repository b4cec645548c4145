/* SPDX-License-Identifier: Apache-2.0 */
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "image/unpack.h"
#include "layer-util.h"

static const struct flatten_limits product = {
	.max_bytes = UNPACK_MAX_BYTES,
	.max_entries = UNPACK_MAX_ENTRIES,
	.max_memory = UNPACK_MAX_MEMORY,
	.ratio_from = UNPACK_RATIO_FROM,
	.ratio_max = UNPACK_RATIO_MAX,
	.inline_bytes = UNPACK_INLINE_BYTES,
};

static int output(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Flattens one layer; gives the hash of the image. */
static int flatten_one(int fd, const char *diff_id, const struct flatten_limits *limits,
		       char ret_hex[SHA256_HEX_LEN + 1], struct err *err)
{
	struct flatten_layer layer = { .fd = fd, .diff_id = diff_id };
	int out_fd = output();
	int r = flatten_limited(&layer, 1, out_fd, limits, err);

	if (r == 0) {
		assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
		assert_int_equal(hash_fd(out_fd, ret_hex), 0);
	}
	close(out_fd);
	return r;
}

static void assert_refused(int fd, const char *diff_id, const struct flatten_limits *limits,
			   const char *message)
{
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	assert_int_equal(flatten_one(fd, diff_id, limits, hex, &err), -EBADMSG);
	close(fd);
	if (!strstr(err.msg, message))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
}

static int sample(int filter)
{
	struct archive *a = tar_begin(filter);
	char *data = malloc(200000);

	assert_non_null(data);
	for (int i = 0; i < 200000; i++)
		data[i] = (char)(((unsigned int)i * 2654435761u) >> 13);
	TAR_ADD(a, .path = "etc/", .mode = S_IFDIR | 0755, .mtime = 1000);
	TAR_ADD(a, .path = "etc/hostname", .content = "moat\n", .mtime = 1000);
	TAR_ADD(a, .path = "big", .content = data, .size = 200000, .mtime = 1001);
	free(data);
	return tar_end(a);
}

static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD,
			       ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2 };
#define N_FILTERS (sizeof(filters) / sizeof(filters[0]))

static void sample_diff_id(char ret[SHA256_HEX_LEN + 8])
{
	int fd = sample(ARCHIVE_FILTER_NONE);

	strcpy(ret, "sha256:");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(hash_fd(fd, ret + 7), 0);
	close(fd);
}

static void test_compressions(void **state)
{
	char diff_id[SHA256_HEX_LEN + 8], hex[N_FILTERS][SHA256_HEX_LEN + 1];
	struct err err = { 0 };

	(void)state;
	sample_diff_id(diff_id);
	for (size_t i = 0; i < N_FILTERS; i++) {
		int fd = sample(filters[i]);

		if (flatten_one(fd, diff_id, &product, hex[i], &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(hex[i], hex[0]);
		close(fd);
	}
}

static void test_diff_id(void **state)
{
	char wrong[] = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

	(void)state;
	assert_refused(sample(ARCHIVE_FILTER_GZIP), wrong, &product,
		       "layer 1: unpacked it is sha256:");
	assert_refused(sample(ARCHIVE_FILTER_NONE), "md5:0", &product, "not a sha256 digest");
}

/* The whole file, or less of it, or more. */
static int resized(int fd, off_t by)
{
	struct buf b = BUF_INIT;
	int new_fd;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_file(fd, 64 << 20, &b), 0);
	assert_int_equal(buf_add(&b, "trailing garbage", 16), 0);
	new_fd = memory_file(b.data, (size_t)((off_t)b.len - 16 + by));
	buf_reset(&b);
	close(fd);
	return new_fd;
}

static void test_truncated(void **state)
{
	static const off_t cuts[] = { -1, -4, -9, -100, -1000 };

	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++)
			assert_refused(resized(sample(filters[i]), cuts[k]), NULL, &product,
				       "layer 1: ");
	}
}

static void test_trailing(void **state)
{
	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		assert_refused(resized(sample(filters[i]), 1), NULL, &product, "layer 1: ");
		assert_refused(resized(sample(filters[i]), 16), NULL, &product, "layer 1: ");
	}
}

static void test_damaged(void **state)
{
	(void)state;
	for (size_t i = 1; i < N_FILTERS; i++) {
		char diff_id[SHA256_HEX_LEN + 8];
		int fd = sample(filters[i]);

		sample_diff_id(diff_id);
		assert_int_equal(fd_pwrite_all(fd, "XXXXXXXX", 8, 5000), 0);
		assert_refused(fd, diff_id, &product, "layer 1: ");
	}
}

static void test_compressed_twice(void **state)
{
	struct archive *a = archive_write_new();
	int fd = output();

	(void)state;
	archive_write_add_filter_gzip(a);
	archive_write_add_filter_zstd(a);
	archive_write_set_format_pax(a);
	assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
	TAR_ADD(a, .path = "f", .content = "x");
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	assert_refused(fd, NULL, &product, "compressed more than once");
}

static int zeros_layer(size_t size)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_ZSTD);
	char *zeros = calloc(1, size);

	assert_non_null(zeros);
	TAR_ADD(a, .path = "zeros", .content = zeros, .size = size);
	free(zeros);
	return tar_end(a);
}

static void test_bombs(void **state)
{
	struct flatten_limits limits = product;
	char hex[SHA256_HEX_LEN + 1];
	struct err err = { 0 };
	int fd = zeros_layer(8 << 20);

	(void)state;
	assert_int_equal(flatten_one(fd, NULL, &limits, hex, &err), 0);
	close(fd);
	limits.ratio_from = 1 << 20;
	assert_refused(zeros_layer(8 << 20), NULL, &limits, "refused as a bomb");
	limits = product;
	limits.max_bytes = (8 << 20) - 1;
	assert_refused(zeros_layer(8 << 20), NULL, &limits,
		       "layer 1: entry \"zeros\" makes the image larger than 8388607 bytes");
	limits = product;
	limits.max_entries = 3;
	assert_refused(TAR({ .path = "a" }, { .path = "b" }, { .path = ".wh.a" }, { .path = "d" }),
		       NULL, &limits, "more than 3 entries");
	limits = product;
	limits.max_memory = 10000;
	assert_refused(zeros_layer(1), NULL,
		       &(struct flatten_limits){ .max_entries = 9,
						 .max_bytes = 1,
						 .max_memory = 300,
						 .ratio_from = 1 << 20,
						 .ratio_max = 400 },
		       "take more than 300 bytes");
}

static void test_bytes_count_over_layers(void **state)
{
	struct flatten_limits limits = product;
	struct flatten_layer layers[2];
	struct err err = { 0 };
	int out_fd = output();

	(void)state;
	limits.max_bytes = 3 << 19;
	layers[0] = (struct flatten_layer){ .fd = zeros_layer(1 << 20) };
	layers[1] = layers[0];
	assert_int_equal(flatten_limited(layers, 2, out_fd, &limits, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "layer 2: "));
	close(layers[0].fd);
	close(out_fd);
}

/* With and without room for small files beside their inodes the content is the same. */
static void test_inline_budget(void **state)
{
	struct flatten_limits limits = product;
	char hex[SHA256_HEX_LEN + 1], other[SHA256_HEX_LEN + 1];
	struct err err = { 0 };
	int fd = sample(ARCHIVE_FILTER_NONE);

	(void)state;
	assert_int_equal(flatten_one(fd, NULL, &limits, hex, &err), 0);
	limits.inline_bytes = 0;
	assert_int_equal(flatten_one(fd, NULL, &limits, other, &err), 0);
	assert_string_not_equal(hex, other);
	close(fd);
}

static void test_full_disk(void **state)
{
	struct flatten_layer layer = { .fd = sample(ARCHIVE_FILTER_GZIP) };
	int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = { 0 };

	(void)state;
	assert_true(full_fd >= 0);
	assert_int_equal(flatten(&layer, 1, full_fd, &err), -ENOSPC);
	assert_string_equal(err.msg, "writing the image: No space left on device");
	close(full_fd);
	close(layer.fd);
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
		if (unpack_run(MOAT_UNPACK, &layer, 1, out_fd, &err) < 0)
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
	if (unpack_run(MOAT_UNPACK, layers, 3, out_fd, &err) < 0)
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

	assert_int_equal(unpack_run(program, &layer, 1, out_fd, &err), code);
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

		r = unpack_run(MOAT_UNPACK, &layer, 1, out_fd, NULL);
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
		{ "every compression gives the same image, twice the same bytes",
		  test_compressions },
		{ "a wrong diff_id is refused", test_diff_id },
		{ "truncated compressed data is refused", test_truncated },
		{ "bytes behind the compressed data are refused", test_trailing },
		{ "damaged compressed data is refused", test_damaged },
		{ "a layer compressed twice is refused", test_compressed_twice },
		{ "bombs are refused by size, ratio, entries and memory", test_bombs },
		{ "the size counts over all layers", test_bytes_count_over_layers },
		{ "small files get blocks when memory for them is used up", test_inline_budget },
		{ "a full disk is reported as such", test_full_disk },
		{ "moat-unpack makes the same image", test_unpack },
		{ "moat-unpack: unusual layers pass the system call filter", test_unpack_corners },
		{ "moat-unpack: its errors arrive", test_unpack_errors },
		{ "moat-unpack: a killed, crashed or lying process is an error",
		  test_unpack_killed },
		{ "moat-unpack has no descriptors but its own", test_unpack_descriptors },
		{ "moat-unpack can be started from several threads", test_unpack_threads },
	};

	return cmocka_run_group_tests_name("flatten", tests, NULL, NULL);
}
