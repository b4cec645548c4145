/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sample.h"

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
	};

	return cmocka_run_group_tests_name("flatten", tests, NULL, NULL);
}
