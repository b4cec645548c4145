/* SPDX-License-Identifier: Apache-2.0 */
/* Names, and what can have one. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE	 2
#endif

void probe_names(void)
{
	char name[300], path[5000] = "deep";
	struct stat a, b;
	DIR *dir;
	unsigned seen = 0;

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	probe_put(name, "long");
	HOLDS(probe_has(name, "long"));
	HOLDS(unlink(name) == 0);
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	FAILS(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0600));
	probe_put("\xff\xfe bad \xc0 utf-8\n", "bytes");
	HOLDS(probe_has("\xff\xfe bad \xc0 utf-8\n", "bytes"));
	HOLDS(unlink("\xff\xfe bad \xc0 utf-8\n") == 0);
	/* 4,095 bytes of path, made bit by bit. */
	HOLDS(mkdir("deep", 0755) == 0 && chdir("deep") == 0);
	for (int i = 0; i < 20; i++) {
		memset(name, 'a' + i, 199);
		name[199] = '\0';
		HOLDS(mkdir(name, 0755) == 0);
		HOLDS(chdir(name) == 0);
		strcat(strcat(path, "/"), name);
	}
	probe_put("bottom", "deep down");
	HOLDS(probe_has("bottom", "deep down"));
	HOLDS(stat("bottom", &a) == 0);
	for (int i = 0; i < 21; i++)
		HOLDS(chdir("..") == 0);
	strcat(path, "/bottom");
	HOLDS(stat(path, &b) == 0 && a.st_ino == b.st_ino);
	HOLDS(mkdir("many", 0755) == 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

		if (fd < 0)
			HOLDS(fd >= 0);
		close(fd);
	}
	dir = opendir("many");
	for (struct dirent *e; dir && (e = readdir(dir));)
		seen += e->d_name[0] != '.';
	HOLDS(seen == 500);
	rewinddir(dir);
	seen = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		seen += unlinkat(dirfd(dir), e->d_name, 0) == 0;
	}
	HOLDS(seen == 500);
	closedir(dir);
	HOLDS(rmdir("many") == 0);
	FAILS(ENOENT, open("many/x", O_RDONLY));
	FAILS(ENOTDIR, (probe_put("plain", "x"), open("plain/x", O_RDONLY)));
	FAILS(EEXIST, mkdir("plain", 0700));
	FAILS(EEXIST, open("plain", O_CREAT | O_EXCL | O_WRONLY, 0600));
	FAILS(EISDIR, open("deep", O_WRONLY));
	FAILS(ENOTEMPTY, rmdir("deep"));
	FAILS(EISDIR, unlink("deep"));
	FAILS(ENOTDIR, rmdir("plain"));
}

void probe_kinds(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buffer[100];
	int fd, other;

	HOLDS(symlink("to/nowhere", "link") == 0);
	HOLDS(readlink("link", buffer, sizeof(buffer)) == 10 &&
	      memcmp(buffer, "to/nowhere", 10) == 0);
	HOLDS(S_ISLNK(probe_st("link").st_mode));
	HOLDS(probe_st("link").st_size == 10);
	FAILS(ENOENT, open("link", O_RDONLY));
	FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
	HOLDS(mkfifo("fifo", 0640) == 0);
	HOLDS(S_ISFIFO(probe_st("fifo").st_mode) && (probe_st("fifo").st_mode & 0777) == 0640);
	fd = open("fifo", O_RDWR);
	HOLDS(fd >= 0 && write(fd, "abc", 3) == 3 && read(fd, buffer, 3) == 3);
	close(fd);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "socket");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	HOLDS(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 1) == 0);
	HOLDS(S_ISSOCK(probe_st("socket").st_mode));
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	HOLDS(connect(other, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	close(fd);
	close(other);
	HOLDS(mknod("node", S_IFREG | 0600, 0) == 0);
	HOLDS(unlink("link") == 0 && unlink("fifo") == 0 && unlink("socket") == 0 &&
	      unlink("node") == 0);
}

void probe_links(void)
{
	struct stat a, b;
	int fd;

	probe_put("one", "content");
	HOLDS(link("one", "two") == 0);
	a = probe_st("one");
	b = probe_st("two");
	HOLDS(a.st_ino == b.st_ino && a.st_nlink == 2 && b.st_nlink == 2);
	probe_put("two", "changed");
	HOLDS(probe_has("one", "changed"));
	HOLDS(unlink("one") == 0);
	HOLDS(probe_st("two").st_nlink == 1 && probe_has("two", "changed"));
	FAILS(EEXIST, (probe_put("one", "x"), link("one", "two")));
	FAILS(EPERM, (mkdir("dir", 0755), link("dir", "other")));
	HOLDS(symlink("two", "soft") == 0 && link("soft", "soft2") == 0 &&
	      S_ISLNK(probe_st("soft2").st_mode));
	/* A file without a name, and one that gets a name later. */
	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	HOLDS(fd >= 0);
	if (fd >= 0) {
		char path[64];

		HOLDS(write(fd, "nameless", 8) == 8);
		HOLDS(fstat(fd, &a) == 0 && a.st_nlink == 0 && a.st_size == 8 &&
		      (a.st_mode & 0777) == 0640);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		HOLDS(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0);
		HOLDS(probe_has("named", "nameless"));
		HOLDS(fstat(fd, &a) == 0 && a.st_nlink == 1);
		close(fd);
	}
	unlink("one"), unlink("two"), unlink("soft"), unlink("soft2"), unlink("named"),
		rmdir("dir");
}

void probe_moves(void)
{
	probe_put("a", "A");
	probe_put("b", "B");
	FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	HOLDS(probe_has("a", "A") && probe_has("b", "B"));
	HOLDS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE) == 0);
	HOLDS(probe_has("a", "B") && probe_has("b", "A"));
	HOLDS(rename("a", "b") == 0);
	HOLDS(probe_has("b", "B") && access("a", F_OK) < 0);
	HOLDS(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("f", 0755) == 0);
	probe_put("d/e/x", "X");
	HOLDS(rename("d/e", "f/e") == 0 && probe_has("f/e/x", "X"));
	FAILS(EINVAL, rename("f", "f/e/f"));
	FAILS(ENOTEMPTY, (mkdir("g", 0755), probe_put("g/x", ""), rename("d", "g")));
	FAILS(EISDIR, rename("b", "d"));
	FAILS(ENOTDIR, rename("d", "b"));
	/* A folder keeps its files and its open descriptors when it moves. */
	int dir = open("f/e", O_RDONLY | O_DIRECTORY);

	HOLDS(rename("f", "h") == 0);
	HOLDS(faccessat(dir, "x", F_OK, 0) == 0);
	HOLDS(openat(dir, "y", O_CREAT | O_WRONLY, 0600) >= 0 && access("h/e/y", F_OK) == 0);
	close(dir);
	unlink("h/e/x"), unlink("h/e/y"), rmdir("h/e"), rmdir("h"), rmdir("d"), unlink("g/x"),
		rmdir("g"), unlink("b");
}

void probe_gone(void)
{
	char buffer[16];
	struct stat st;
	int fd, dir;

	probe_put("open", "still here");
	fd = open("open", O_RDWR);
	HOLDS(unlink("open") == 0);
	HOLDS(pread(fd, buffer, 10, 0) == 10 && memcmp(buffer, "still here", 10) == 0);
	HOLDS(pwrite(fd, "STILL", 5, 0) == 5 && pread(fd, buffer, 10, 0) == 10);
	HOLDS(memcmp(buffer, "STILL here", 10) == 0);
	HOLDS(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 10);
	HOLDS(ftruncate(fd, 3) == 0 && fstat(fd, &st) == 0 && st.st_size == 3);
	HOLDS(fchmod(fd, 0600) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600);
	HOLDS(fsync(fd) == 0);
	close(fd);
	/* Replaced by a rename, as editors do. */
	probe_put("old", "old");
	probe_put("new", "new");
	fd = open("old", O_RDONLY);
	HOLDS(rename("new", "old") == 0);
	HOLDS(pread(fd, buffer, 3, 0) == 3 && memcmp(buffer, "old", 3) == 0 &&
	      probe_has("old", "new"));
	close(fd);
	unlink("old");
	HOLDS(mkdir("dir", 0755) == 0);
	dir = open("dir", O_RDONLY | O_DIRECTORY);
	HOLDS(rmdir("dir") == 0);
	FAILS(ENOENT, openat(dir, "x", O_CREAT | O_WRONLY, 0600));
	close(dir);
}
