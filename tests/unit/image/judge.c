/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "layer-util.h"

#define MOUNT_DIR "/tmp/moat-test-mount-XXXXXX"

static void fsck(const char *path)
{
	const char *argv[] = { "fsck.erofs", path, NULL };

	assert_int_equal(run_program(argv), 0);
}

void judge_image(int fd)
{
	char *path = copy_to_temp(fd);

	fsck(path);
	unlink(path);
	free(path);
}

int judge_mount(int fd)
{
	static char dir[] = MOUNT_DIR;
	char *path = copy_to_temp(fd);
	const char *argv[] = { "mount", "-t", "erofs", "-o", "loop,ro", path, dir, NULL };
	int r;

	fsck(path);
	memcpy(dir, MOUNT_DIR, sizeof(dir));
	assert_non_null(mkdtemp(dir));
	r = run_program(argv);
	unlink(path);
	free(path);
	if (r != 0) {
		rmdir(dir);
		print_message("the kernel does not mount it here: only fsck.erofs has judged\n");
		return -1;
	}
	r = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(r >= 0);
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
	rmdir(dir);
	return r;
}

int judge_setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return 0;
}

struct stat stat_of(int root, const char *path)
{
	struct stat sb;

	assert_int_equal(fstatat(root, path, &sb, AT_SYMLINK_NOFOLLOW), 0);
	return sb;
}

void assert_file(int root, const char *path, const char *content, size_t len)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read_at(root, path, 64 << 20, &b), 0);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.data, content, len);
	buf_reset(&b);
}
