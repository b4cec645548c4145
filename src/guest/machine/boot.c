/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/machine/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"

#define FILES_MAX 1048576 /* docker's default for containers, who inherit it */

static int open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0) /* a kernel without a console */
		fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		if (fd != i && dup2(fd, i) < 0)
			return -errno;
	if (fd > 2)
		close(fd);
	return 0;
}

int boot_mounts(struct err *err)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int r;

	if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL) < 0 && errno != EBUSY)
		return err_errno(err, -errno, "mount /dev");
	r = open_console();
	if (r < 0)
		return err_errno(err, r, "open the console");
	if (mount("proc", "/proc", "proc", flags, NULL) < 0)
		return err_errno(err, -errno, "mount /proc");
	if (mount("sysfs", "/sys", "sysfs", flags, NULL) < 0)
		return err_errno(err, -errno, "mount /sys");
	return 0;
}

int boot_new_root(struct err *err)
{
	static const char *const folders[] = { "dev", "proc", "sys", "cgroup", "c", "s" };
	static const char *const moved[] = { "/dev", "/proc", "/sys" };

	if (mount("moat", "/rootfs", "tmpfs", 0, "mode=755") < 0 || chdir("/rootfs") < 0)
		return err_errno(err, -errno, "mount a tmpfs");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(folders[i], 0755) < 0)
			return err_errno(err, -errno, "make folder %s", folders[i]);
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++)
		if (mount(moved[i], moved[i] + 1, NULL, MS_MOVE, NULL) < 0)
			return err_errno(err, -errno, "move %s", moved[i]);
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return err_errno(err, -errno, "change the root folder");
	return 0;
}

int boot_settings(struct err *err)
{
	/* A machine's images are cached by the host, and a request costs more than the copy: so
	 * much is read ahead.  A machine without such a disk is no worse. */
	static const char *const settings[][2] = {
		{ "/sys/block/vda/queue/read_ahead_kb", "1024" },
		{ "/sys/block/vdc/queue/read_ahead_kb", "1024" },
		/* The kernel would look twice a second whether there is something to compact. */
		{ "/proc/sys/vm/compaction_proactiveness", "0" },
	};
	const struct rlimit files = { FILES_MAX, FILES_MAX };
	int r = file_set_at(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");

	if (r < 0)
		return err_errno(err, r, "set oom_score_adj");
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		return err_errno(err, -errno, "raise the limit of open files");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		file_set_at(AT_FDCWD, settings[i][0], settings[i][1]);
	return 0;
}
