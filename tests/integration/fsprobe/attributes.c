/* SPDX-License-Identifier: Apache-2.0 */
/* Owners, modes, times, further attributes, and who hears of changes. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

void probe_attributes(void)
{
	const struct timespec times[] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	struct stat st;
	char value[100];
	int fd;

	umask(0);
	fd = open("file", O_CREAT | O_WRONLY, 0666);
	HOLDS(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0666);
	close(fd);
	umask(077);
	HOLDS(mkdir("dir", 0777) == 0 && (probe_st("dir").st_mode & 0777) == 0700);
	umask(022);
	HOLDS(chmod("file", 0) == 0 && (probe_st("file").st_mode & 07777) == 0);
	HOLDS(chmod("file", 04755) == 0 && (probe_st("file").st_mode & 07777) == 04755);
	HOLDS(utimensat(AT_FDCWD, "file", times, 0) == 0);
	st = probe_st("file");
	HOLDS(st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec == 1100000000 &&
	      st.st_mtim.tv_nsec == 987654321);
	HOLDS(utimensat(AT_FDCWD, "file", NULL, 0) == 0 &&
	      probe_st("file").st_mtim.tv_sec > 1700000000);
	HOLDS(setxattr("file", "user.test", "value", 5, 0) == 0);
	HOLDS(getxattr("file", "user.test", value, sizeof(value)) == 5 &&
	      memcmp(value, "value", 5) == 0);
	HOLDS(getxattr("file", "user.test", NULL, 0) == 5);
	FAILS(ERANGE, getxattr("file", "user.test", value, 3));
	FAILS(EEXIST, setxattr("file", "user.test", "x", 1, XATTR_CREATE));
	FAILS(ENODATA, setxattr("file", "user.none", "x", 1, XATTR_REPLACE));
	HOLDS(listxattr("file", value, sizeof(value)) >= 10 &&
	      memmem(value, sizeof(value), "user.test", 10));
	HOLDS(removexattr("file", "user.test") == 0);
	FAILS(ENODATA, getxattr("file", "user.test", value, sizeof(value)));
	HOLDS(setxattr("dir", "user.dir", "", 0, 0) == 0 &&
	      getxattr("dir", "user.dir", value, 1) == 0);
	if (probe_is_root) {
		HOLDS(chown("file", 1234, 5678) == 0);
		st = probe_st("file");
		HOLDS(st.st_uid == 1234 && st.st_gid == 5678 && (st.st_mode & 06000) == 0);
		HOLDS(lchown("dir", 1, 2) == 0 && probe_st("dir").st_gid == 2);
		HOLDS(symlink("x", "link") == 0 && lchown("link", 3, 4) == 0 &&
		      probe_st("link").st_uid == 3);
		/* A write by somebody else takes set-user-id bits away. */
		HOLDS(chmod("file", 06777) == 0);
		pid_t pid = fork();
		if (pid == 0) {
			if (setgid(9999) < 0 || setuid(9999) < 0)
				_exit(1);
			fd = open("file", O_WRONLY);
			_exit(fd >= 0 && write(fd, "x", 1) == 1 ? 0 : 2);
		}
		int status;
		HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
		HOLDS((probe_st("file").st_mode & 06000) == 0);
		unlink("link");
	}
	unlink("file"), rmdir("dir");
}

static int make_as_other(void)
{
	struct stat st;
	int fd;

	if (setgid(4321) < 0 || setuid(4321) < 0)
		return 1;
	umask(022);
	fd = open("open/theirs", O_CREAT | O_EXCL | O_WRONLY, 0666);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 2;
	if (st.st_uid != 4321 || st.st_gid != 4321 || (st.st_mode & 0777) != 0644)
		return 3;
	if (mkdir("open/dir", 0777) < 0 || stat("open/dir", &st) < 0 || st.st_uid != 4321)
		return 4;
	if (symlink("x", "open/link") < 0 || lstat("open/link", &st) < 0 || st.st_gid != 4321)
		return 5;
	if (open("closed/x", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
		return 6;
	if (open("closed/secret", O_RDONLY) >= 0 || errno != EACCES)
		return 7;
	if (unlink("open/sticky/x") == 0 || errno != EPERM)
		return 8;
	if (chown("open/theirs", 0, 0) == 0 || errno != EPERM)
		return 9;
	if (chmod("open/roots", 0777) == 0 || errno != EPERM)
		return 10;
	return 0;
}

void probe_owners(void)
{
	if (!probe_is_root)
		return;
	umask(0);
	HOLDS(mkdir("open", 0777) == 0 && mkdir("closed", 0700) == 0 &&
	      mkdir("open/sticky", 01777) == 0);
	probe_put("closed/secret", "s");
	probe_put("open/sticky/x", "x");
	probe_put("open/roots", "r");
	HOLDS(probe_in_child(make_as_other) == 0);
	HOLDS(mkdir("setgid", 0777) == 0 && chown("setgid", 0, 77) == 0 &&
	      chmod("setgid", 02777) == 0);
	probe_put("setgid/x", "");
	HOLDS(probe_st("setgid/x").st_gid == 77);
	HOLDS(mkdir("setgid/d", 0755) == 0 && probe_st("setgid/d").st_gid == 77 &&
	      (probe_st("setgid/d").st_mode & 02000));
	unlink("closed/secret"), rmdir("closed"), unlink("open/sticky/x"), rmdir("open/sticky");
	unlink("open/roots"), unlink("open/theirs"), rmdir("open/dir"), unlink("open/link"),
		rmdir("open");
	unlink("setgid/x"), rmdir("setgid/d"), rmdir("setgid");
	umask(022);
}

/* The kernel wakes who watches for what goes through it. */
void probe_watching(void)
{
	char buffer[4096];
	int fd = inotify_init1(IN_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	HOLDS(inotify_add_watch(fd, ".", IN_CREATE | IN_MODIFY | IN_DELETE) >= 0);
	probe_put("seen", "x");
	HOLDS(poll(&p, 1, 2000) == 1 && read(fd, buffer, sizeof(buffer)) > 0);
	HOLDS(unlink("seen") == 0 && poll(&p, 1, 2000) == 1);
	close(fd);
}
