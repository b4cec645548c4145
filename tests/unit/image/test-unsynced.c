/* SPDX-License-Identifier: Apache-2.0 */
/* Images whose files had not come to the disk when moatd, or the machine, went down. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/flatten/erofs-format.h"
#include "image/store/claim.h"
#include "image/store/record.h"
#include "image/store/sums.h"
#include "kit.h"

static atomic_bool disk_is_bad;
static atomic_int n_synced; /* images' files */

/* In place of libc's: images' files do not come to a bad disk. */
int fsync(int fd)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);
	char path[256] = "";

	assert_non_null(link);
	if (readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, ".erofs")) {
		n_synced++;
		if (disk_is_bad) {
			errno = EIO;
			return -1;
		}
	}
	return (int)syscall(SYS_fsync, fd);
}

/* What is there of the image x.io/a:1, and its paths. */
struct left {
	struct place *place;
	char *rootfs, *sum, *mark;
};

static void left_reset(struct left *l)
{
	free(l->rootfs);
	free(l->sum);
	free(l->mark);
}

static struct image *find_image(const struct place *p)
{
	struct image *im = NULL;

	assert_int_equal(store_find(p->st, "x.io/a:1", &im, NULL), 0);
	return im;
}

/* Loads an image, and closes the store with a mark that was never cleared. */
static void leave_unsynced(struct left *l, struct place *p)
{
	struct image *im;
	struct kit k;

	KIT(&k, .content = "what is on the disk");
	place_load_ok(p, archive_oci(&k, "x.io/a:1"), "x.io/a:1");
	kit_reset(&k);
	im = find_image(p);
	*l = (struct left){ .place = p, .rootfs = store_rootfs_path(p->st, &im->manifest) };
	l->sum = str_printf("%s/sums/%s", p->path, digest_hex(&im->manifest));
	l->mark = str_printf("%s.unsynced", l->sum);
	assert_non_null(l->mark);
	image_free(im);
	store_close(p->st);
	p->st = NULL;
	assert_int_equal(access(l->mark, F_OK), -1);
	close(open(l->mark, O_CREAT | O_WRONLY, 0600));
}

static void open_again(struct place *p)
{
	struct err err = { 0 };

	store_open(p->path, MOAT_UNPACK, 0, &p->st, &err);
	assert_string_equal(err.msg, "");
}

/* @boot: what the store says of when it was opened last */
static void machine_went_down(const struct left *l, const char *boot)
{
	cleanup_free char *path = str_printf("%s/boot", l->place->path);
	cleanup_close int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, boot, strlen(boot)), 0);
}

static void assert_whole(const struct left *l)
{
	struct image *im = find_image(l->place);
	struct verdict v = { 0 };

	assert_true(im->size_bytes > 0);
	image_free(im);
	assert_int_equal(store_verify(l->place->st, "x.io/a:1", &v, NULL), 0);
	assert_true(v.rootfs == ROOTFS_RIGHT || v.rootfs == ROOTFS_NOTED);
	assert_false(v.is_remade);
	verdict_reset(&v);
}

static void test_a_file_that_may_be_torn_is_made_anew(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;

	leave_unsynced(&l, p);
	assert_int_equal(truncate(l.rootfs, 4096), 0);
	machine_went_down(&l, "another boot\n");
	open_again(p);
	assert_whole(&l);
	place_reopen(p);
	assert_whole(&l);
	assert_int_equal(access(l.mark, F_OK), -1);
}

/* Whose small files would have to wait for it. */
static void test_a_file_is_synced_when_no_work_is_under_way(void **state)
{
	struct place *p = *state;
	struct image *im;
	struct work work;
	struct kit k;

	n_synced = 0;
	work_begin(&work, p->st);
	KIT(&k, .content = "what is on its way to the disk");
	place_load_ok(p, archive_oci(&k, "x.io/a:1"), "x.io/a:1");
	kit_reset(&k);
	im = find_image(p);
	assert_true(im->size_bytes > 0);
	image_free(im);
	usleep(100000);
	assert_int_equal(n_synced, 0);
	work_end(&work);
	while (n_synced == 0)
		usleep(1000);
	/* The store's end waits for no work: what is left is synced then. */
	work_begin(&work, p->st);
	KIT(&k, .content = "another");
	place_load_ok(p, archive_oci(&k, "x.io/b:1"), "x.io/b:1");
	kit_reset(&k);
	work_end(&work);
	place_reopen(p);
	assert_int_equal(n_synced, 2);
}

static void test_the_death_of_moatd_takes_nothing(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;
	struct stat before, after;

	leave_unsynced(&l, p);
	assert_int_equal(stat(l.rootfs, &before), 0);
	open_again(p);
	assert_int_equal(stat(l.rootfs, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_whole(&l);
	/* What waits is synced before the store is closed. */
	place_reopen(p);
	assert_int_equal(access(l.mark, F_OK), -1);
	assert_int_equal(access(l.sum, F_OK), 0);
}

static void test_a_file_that_never_came_is_made_anew(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;

	leave_unsynced(&l, p);
	assert_int_equal(unlink(l.rootfs), 0);
	assert_int_equal(unlink(l.mark), 0);
	open_again(p);
	assert_whole(&l);
}

static void test_an_image_outlives_what_keeps_its_file_from_being_made(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;
	struct err err = { 0 };
	struct image *im;

	leave_unsynced(&l, p);
	machine_went_down(&l, "another boot\n");
	assert_int_equal(store_open(p->path, "/none/moat-unpack", 0, &p->st, NULL), 0);
	im = find_image(p);
	assert_int_equal(store_restore(p->st, &im->manifest, &err), -EIO);
	store_close(p->st);
	open_again(p);
	assert_whole(&l);
	/* One whose file goes while the store is open gets it back. */
	assert_int_equal(unlink(l.rootfs), 0);
	assert_int_equal(store_restore(p->st, &im->manifest, NULL), 0);
	assert_whole(&l);
	image_free(im);
}

static void test_a_file_that_the_disk_did_not_take_goes(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;

	leave_unsynced(&l, p);
	disk_is_bad = true;
	open_again(p);
	store_close(p->st);
	disk_is_bad = false;
	assert_int_equal(access(l.rootfs, F_OK), -1);
	assert_int_equal(access(l.sum, F_OK), -1);
	open_again(p);
	assert_whole(&l);
}

/* Makes a file one that takes hours to measure. */
static void make_huge(const struct left *l)
{
	const uint32_t blocks = htole32(GIB(1) / EROFS_BLOCK * 1024);
	cleanup_close int fd = open(l->rootfs, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(GIB(1) * 1024)), 0);
	assert_int_equal(pwrite(fd, &blocks, sizeof(blocks),
				EROFS_SUPER_OFFSET + offsetof(struct erofs_super, blocks)),
			 sizeof(blocks));
}

/* Has the store a file open that was removed? */
static bool reads_removed(void)
{
	for (int fd = 3; fd < 100; fd++) {
		struct stat sb;

		if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_nlink == 0 &&
		    sb.st_size >= (off_t)GIB(1))
			return true;
	}
	return false;
}

static void test_nobody_waits_for_a_file_that_is_measured(void **state)
{
	struct place *p = *state;
	cleanup(left_reset) struct left l;
	char name[ROOTFS_NAME_MAX];
	struct claim claim;
	struct image *im;

	leave_unsynced(&l, p);
	assert_int_equal(unlink(l.mark), 0);
	open_again(p);
	make_huge(&l);
	im = find_image(p);
	rootfs_name(&im->manifest, name);
	n_synced = 0;
	assert_int_equal(sums_want(p->st, &im->manifest), 0);
	image_free(im);
	while (n_synced == 0)
		usleep(1000);
	assert_int_equal(claim_take(p->st, &claim, name, NULL), 0);
	/* Its blocks are free when it is removed. */
	assert_int_equal(unlink(l.rootfs), 0);
	claim_release(p->st, &claim);
	while (reads_removed())
		usleep(1000);
}

#define UNSYNCED_TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNSYNCED_TEST(test_a_file_that_may_be_torn_is_made_anew),
		UNSYNCED_TEST(test_a_file_is_synced_when_no_work_is_under_way),
		UNSYNCED_TEST(test_the_death_of_moatd_takes_nothing),
		UNSYNCED_TEST(test_a_file_that_never_came_is_made_anew),
		UNSYNCED_TEST(test_an_image_outlives_what_keeps_its_file_from_being_made),
		UNSYNCED_TEST(test_a_file_that_the_disk_did_not_take_goes),
		UNSYNCED_TEST(test_nobody_waits_for_a_file_that_is_measured),
	};

	return cmocka_run_group_tests_name("image: unsynced", tests, NULL, NULL);
}
