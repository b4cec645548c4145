/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kit.h"

static int save_as(struct place *p, char *const *names, bool all_platforms, struct err *err)
{
	const struct image_save in = { .names = names, .all_platforms = all_platforms };
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct saving *saving;

	assert_true(fd >= 0);
	if (store_save_begin(p->st, &in, &saving, err) < 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(store_save_write(saving, fd, err), 0);
	store_save_end(saving);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int save(struct place *p, char *const *names, struct err *err)
{
	return save_as(p, names, false, err);
}

static void test_what_was_saved_can_be_loaded_again(void **state)
{
	char a1[] = "x.io/a:1", b2[] = "x.io/b:2", b3[] = "x.io/b:3";
	char *names[] = { a1, b2, b3, NULL }, **loaded = NULL;
	struct place *p = *state;
	struct removal gone;
	struct err err;
	struct kit one, two;
	int fd;

	KIT(&one, .content = "one");
	KIT(&two, .content = "two", .filter = ARCHIVE_FILTER_GZIP, .docker = true);
	place_load_ok(p, archive_oci(&one, "x.io/a:1"), "x.io/a:1");
	place_load_ok(p, archive_docker(&two, "x.io/b:2", false), "x.io/b:2");
	assert_int_equal(store_tag(p->st, "x.io/b:2", "x.io/b:3", &err), 0);
	fd = save(p, names, &err);
	assert_true(fd >= 0);
	for (char **name = names; *name; name++) {
		assert_int_equal(store_remove(p->st, *name, false, NULL, NULL, &gone, &err), 0);
		removal_reset(&gone);
	}
	assert_int_equal(place_count(p, "blobs/sha256"), 0);
	assert_int_equal(place_load(p, fd, &loaded, &err), 0);
	assert_int_equal(strv_len(loaded), 3);
	for (char **name = names; *name; name++)
		assert_true(strv_has(loaded, *name));
	assert_int_equal(place_count(p, "rootfs"), 2);
	strv_free(loaded);
	kit_reset(&one);
	kit_reset(&two);
}

static void test_an_image_of_dockers_media_types_is_kept_and_saved_as_oci(void **state)
{
	char name[] = "x.io/a:1", *names[] = { name, NULL };
	struct place *p = *state;
	cleanup_free char *by_digest = NULL;
	cleanup(buf_reset) struct buf manifest = BUF_INIT, saved = BUF_INIT;
	struct err err = { 0 };
	struct image *im;
	struct kit k;
	int fd;

	KIT(&k, .content = "one", .filter = ARCHIVE_FILTER_GZIP, .docker = true);
	place_load_ok(p, archive_oci(&k, name), name);
	/* The one that came is there as well, also after a restart, and can be asked for. */
	place_reopen(p);
	assert_int_equal(place_count(p, "blobs/sha256"), 4);
	by_digest = str_printf("x.io/a@%s", k.manifest_digest.text);
	assert_int_equal(store_find(p->st, by_digest, &im, NULL), 0);
	assert_string_equal(im->config.text, k.config_digest.text);
	assert_int_equal(blob_read(p->st, &im->manifest, &manifest, NULL), 0);
	assert_null(strstr(manifest.data, "docker"));
	assert_non_null(strstr(manifest.data, MEDIA_OCI_LAYER "+gzip"));
	fd = save(p, names, &err);
	assert_int_equal(fd_read_file(fd, 64 << 20, &saved), 0);
	assert_null(memmem(saved.data, saved.len, "vnd.docker", strlen("vnd.docker")));
	close(fd);
	/* For all platforms it goes out as it came. */
	fd = save_as(p, names, true, &err);
	buf_reset(&saved);
	assert_int_equal(fd_read_file(fd, 64 << 20, &saved), 0);
	assert_non_null(memmem(saved.data, saved.len, k.manifest.data, k.manifest.len));
	assert_null(memmem(saved.data, saved.len, manifest.data, manifest.len));
	close(fd);
	image_free(im);
	kit_reset(&k);
}

static bool is_over(void *arg)
{
	(void)arg;
	return true;
}

static void test_nothing_is_read_for_a_client_that_is_gone(void **state)
{
	const struct progress gone = { .cancelled = is_over };
	char name[] = "x.io/a:1", *names[] = { name, NULL };
	const struct image_save in = { .names = names, .progress = &gone };
	struct saving *saving;
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(*state, archive_oci(&k, name), name);
	kit_reset(&k);
	assert_int_equal(store_save_begin(((struct place *)*state)->st, &in, &saving, NULL),
			 -ECANCELED);
}

static void test_saving_what_is_not_there_is_refused(void **state)
{
	char none[] = "x.io/none:1", *names[] = { none, NULL };
	struct err err = { 0 };

	assert_int_equal(save(*state, names, &err), -1);
	assert_int_equal(err.code, -ENOENT);
}

static void test_saving_an_image_whose_manifest_is_gone_is_an_error_of_the_disk(void **state)
{
	char name[] = "x.io/a:1", *names[] = { name, NULL };
	struct place *p = *state;
	cleanup_free char *path = NULL;
	struct err err = { 0 };
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(p, archive_oci(&k, name), name);
	path = str_printf("%s/blobs/sha256/%s", p->path, digest_hex(&k.manifest_digest));
	assert_int_equal(truncate(path, 1), 0);
	assert_int_equal(save(p, names, &err), -1);
	assert_int_equal(err.code, -EIO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(save(p, names, &err), -1);
	assert_int_equal(err.code, -EIO);
	kit_reset(&k);
}

#define SAVE_TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVE_TEST(test_what_was_saved_can_be_loaded_again),
		SAVE_TEST(test_an_image_of_dockers_media_types_is_kept_and_saved_as_oci),
		SAVE_TEST(test_nothing_is_read_for_a_client_that_is_gone),
		SAVE_TEST(test_saving_what_is_not_there_is_refused),
		SAVE_TEST(test_saving_an_image_whose_manifest_is_gone_is_an_error_of_the_disk),
	};

	return cmocka_run_group_tests_name("image: save", tests, NULL, NULL);
}
