/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What files have to do, tried in a folder: static, so that it runs on the host, on what is mounted
 * there, and in a container.
 *
 *   fsprobe DIR [PART]
 *   fsprobe watch PATH...
 *
 * The second says what inotify(7) tells of the paths, until it is killed.
 *
 * Prints a line for each thing that does not hold, and how many were tried; ends with 1 where there
 * was one.  What needs root is left out without.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE	 2
#endif

static unsigned tried, failed;
static bool is_root;

static void note(bool holds, const char *what, const char *file, int line)
{
	int code = errno;

	(void)file;
	tried++;
	if (holds)
		return;
	failed++;
	printf("%d: %s (%s)\n", line, what, strerror(code));
}

/* Something holds; a call fails as it should. */
#define HOLDS(...) (errno = 0, note((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__))
#define FAILS(code, call)                                                                          \
	(errno = 0, note((call) < 0 && errno == (code), #call " -> " #code, __FILE__, __LINE__))

static struct stat st_of(const char *path)
{
	struct stat st = { 0 };

	HOLDS(lstat(path, &st) == 0);
	return st;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	HOLDS(fd >= 0);
	HOLDS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	HOLDS(close(fd) == 0);
}

static bool has(const char *path, const char *text)
{
	char got[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof(got));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

static void names(void)
{
	char name[300], path[5000] = "deep";
	struct stat a, b;
	DIR *dir;
	unsigned seen = 0;

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	put(name, "long");
	HOLDS(has(name, "long"));
	HOLDS(unlink(name) == 0);
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	FAILS(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0600));
	put("\xff\xfe bad \xc0 utf-8\n", "bytes");
	HOLDS(has("\xff\xfe bad \xc0 utf-8\n", "bytes"));
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
	put("bottom", "deep down");
	HOLDS(has("bottom", "deep down"));
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
	FAILS(ENOTDIR, (put("plain", "x"), open("plain/x", O_RDONLY)));
	FAILS(EEXIST, mkdir("plain", 0700));
	FAILS(EEXIST, open("plain", O_CREAT | O_EXCL | O_WRONLY, 0600));
	FAILS(EISDIR, open("deep", O_WRONLY));
	FAILS(ENOTEMPTY, rmdir("deep"));
	FAILS(EISDIR, unlink("deep"));
	FAILS(ENOTDIR, rmdir("plain"));
}

static void kinds(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buffer[100];
	int fd, other;

	HOLDS(symlink("to/nowhere", "link") == 0);
	HOLDS(readlink("link", buffer, sizeof(buffer)) == 10 &&
	      memcmp(buffer, "to/nowhere", 10) == 0);
	HOLDS(S_ISLNK(st_of("link").st_mode));
	HOLDS(st_of("link").st_size == 10);
	FAILS(ENOENT, open("link", O_RDONLY));
	FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
	HOLDS(mkfifo("fifo", 0640) == 0);
	HOLDS(S_ISFIFO(st_of("fifo").st_mode) && (st_of("fifo").st_mode & 0777) == 0640);
	fd = open("fifo", O_RDWR);
	HOLDS(fd >= 0 && write(fd, "abc", 3) == 3 && read(fd, buffer, 3) == 3);
	close(fd);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "socket");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	HOLDS(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 1) == 0);
	HOLDS(S_ISSOCK(st_of("socket").st_mode));
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	HOLDS(connect(other, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	close(fd);
	close(other);
	HOLDS(mknod("node", S_IFREG | 0600, 0) == 0);
	HOLDS(unlink("link") == 0 && unlink("fifo") == 0 && unlink("socket") == 0 &&
	      unlink("node") == 0);
}

static void links(void)
{
	struct stat a, b;
	int fd;

	put("one", "content");
	HOLDS(link("one", "two") == 0);
	a = st_of("one");
	b = st_of("two");
	HOLDS(a.st_ino == b.st_ino && a.st_nlink == 2 && b.st_nlink == 2);
	put("two", "changed");
	HOLDS(has("one", "changed"));
	HOLDS(unlink("one") == 0);
	HOLDS(st_of("two").st_nlink == 1 && has("two", "changed"));
	FAILS(EEXIST, (put("one", "x"), link("one", "two")));
	FAILS(EPERM, (mkdir("dir", 0755), link("dir", "other")));
	HOLDS(symlink("two", "soft") == 0 && link("soft", "soft2") == 0 &&
	      S_ISLNK(st_of("soft2").st_mode));
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
		HOLDS(has("named", "nameless"));
		HOLDS(fstat(fd, &a) == 0 && a.st_nlink == 1);
		close(fd);
	}
	unlink("one"), unlink("two"), unlink("soft"), unlink("soft2"), unlink("named"),
		rmdir("dir");
}

static void moves(void)
{
	put("a", "A");
	put("b", "B");
	FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	HOLDS(has("a", "A") && has("b", "B"));
	HOLDS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE) == 0);
	HOLDS(has("a", "B") && has("b", "A"));
	HOLDS(rename("a", "b") == 0);
	HOLDS(has("b", "B") && access("a", F_OK) < 0);
	HOLDS(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("f", 0755) == 0);
	put("d/e/x", "X");
	HOLDS(rename("d/e", "f/e") == 0 && has("f/e/x", "X"));
	FAILS(EINVAL, rename("f", "f/e/f"));
	FAILS(ENOTEMPTY, (mkdir("g", 0755), put("g/x", ""), rename("d", "g")));
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

static void gone(void)
{
	char buffer[16];
	struct stat st;
	int fd, dir;

	put("open", "still here");
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
	put("old", "old");
	put("new", "new");
	fd = open("old", O_RDONLY);
	HOLDS(rename("new", "old") == 0);
	HOLDS(pread(fd, buffer, 3, 0) == 3 && memcmp(buffer, "old", 3) == 0 && has("old", "new"));
	close(fd);
	unlink("old");
	HOLDS(mkdir("dir", 0755) == 0);
	dir = open("dir", O_RDONLY | O_DIRECTORY);
	HOLDS(rmdir("dir") == 0);
	FAILS(ENOENT, openat(dir, "x", O_CREAT | O_WRONLY, 0600));
	close(dir);
}

static void content(void)
{
	char block[4096], got[4096];
	struct stat st;
	off_t at;
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644), to;

	memset(block, 'b', sizeof(block));
	HOLDS(fd >= 0);
	HOLDS(pwrite(fd, block, sizeof(block), 10 << 20) == sizeof(block));
	HOLDS(fstat(fd, &st) == 0 && st.st_size == (10 << 20) + 4096);
	HOLDS(st.st_blocks * 512 < 1 << 20);
	at = lseek(fd, 0, SEEK_DATA);
	HOLDS(at > 0 && at <= 10 << 20);
	HOLDS(lseek(fd, 0, SEEK_HOLE) == 0);
	HOLDS(pread(fd, got, sizeof(got), 5 << 20) == sizeof(got) && got[0] == 0 && got[4095] == 0);
	HOLDS(pread(fd, got, sizeof(got), 10 << 20) == sizeof(got) &&
	      memcmp(got, block, sizeof(got)) == 0);
	HOLDS(pread(fd, got, sizeof(got), 11 << 20) == 0);
	HOLDS(fallocate(fd, 0, 0, 1 << 20) == 0 && fstat(fd, &st) == 0 &&
	      st.st_blocks * 512 >= 1 << 20);
	HOLDS(fallocate(fd, FALLOC_FL_KEEP_SIZE, 20 << 20, 4096) == 0 && fstat(fd, &st) == 0 &&
	      st.st_size == (10 << 20) + 4096);
	HOLDS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10 << 20, 4096) == 0);
	HOLDS(pread(fd, got, sizeof(got), 10 << 20) == sizeof(got) && got[0] == 0);
	HOLDS(ftruncate(fd, 0) == 0 && fstat(fd, &st) == 0 && st.st_size == 0);
	HOLDS(write(fd, "end", 3) == 3 && fsync(fd) == 0 && fdatasync(fd) == 0);
	close(fd);
	fd = open("file", O_WRONLY | O_APPEND);
	HOLDS(pwrite(fd, "+more", 5, 0) == 5);
	close(fd);
	fd = open("file", O_RDONLY);
	HOLDS(fstat(fd, &st) == 0 && st.st_size > 3);
	to = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0644);
	HOLDS(copy_file_range(fd, NULL, to, NULL, 100, 0) == st.st_size);
	HOLDS(has("copy", "end+more"));
	close(fd);
	close(to);
	FAILS(EBADF, (fd = open("file", O_RDONLY), write(fd, "x", 1)));
	close(fd);
	fd = open("file", O_WRONLY | O_TRUNC);
	HOLDS(fstat(fd, &st) == 0 && st.st_size == 0);
	close(fd);
	HOLDS(truncate("file", 12345) == 0 && st_of("file").st_size == 12345);
	unlink("file"), unlink("copy");
	HOLDS(statvfs(".", (struct statvfs *)got) == 0 && ((struct statvfs *)got)->f_blocks > 0);
}

static void big(void)
{
	const size_t len = 5 << 20;
	unsigned char *out = malloc(len), *in = malloc(len);
	int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0644);
	unsigned seed = 1;

	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
	HOLDS(write(fd, out, len) == (ssize_t)len);
	HOLDS(pread(fd, in, len, 0) == (ssize_t)len && memcmp(in, out, len) == 0);
	close(fd);
	fd = open("big", O_RDONLY);
	for (size_t at = 0, n = 1; at < len; at += n, n = n * 7 % 100003 + 1) {
		size_t want = n < len - at ? n : len - at;

		if (pread(fd, in, want, (off_t)at) != (ssize_t)want ||
		    memcmp(in, out + at, want) != 0) {
			bool piece_is_as_it_was_written = false;

			HOLDS(piece_is_as_it_was_written);
			break;
		}
	}
	close(fd);
	fd = open("big", O_RDONLY | O_DIRECT);
	HOLDS(fd >= 0);
	if (fd >= 0) {
		void *aligned = NULL;

		HOLDS(posix_memalign(&aligned, 4096, 1 << 20) == 0);
		HOLDS(pread(fd, aligned, 1 << 20, 1 << 20) == 1 << 20 &&
		      memcmp(aligned, out + (1 << 20), 1 << 20) == 0);
		free(aligned);
		close(fd);
	}
	unlink("big");
	free(out);
	free(in);
}

static void maps(void)
{
	int fd = open("map", O_RDWR | O_CREAT | O_TRUNC, 0644), again;
	char *a, *b, got[8];

	HOLDS(ftruncate(fd, 8192) == 0);
	a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	HOLDS(a != MAP_FAILED);
	if (a == MAP_FAILED)
		return;
	again = open("map", O_RDWR);
	b = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
	memcpy(a + 4000, "across pages", 12);
	HOLDS(memcmp(b + 4000, "across pages", 12) == 0);
	HOLDS(msync(a, 8192, MS_SYNC) == 0);
	HOLDS(pread(again, got, 6, 4000) == 6 && memcmp(got, "across", 6) == 0);
	HOLDS(pwrite(again, "ACROSS", 6, 4000) == 6 && memcmp(a + 4000, "ACROSS", 6) == 0);
	if (fork() == 0) {
		memcpy(b, "child", 5);
		_exit(0);
	}
	wait(NULL);
	HOLDS(memcmp(a, "child", 5) == 0);
	munmap(a, 8192);
	munmap(b, 8192);
	close(fd);
	close(again);
	/* Written back in its place, though the file was opened to append. */
	fd = open("map", O_RDWR | O_APPEND);
	a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	HOLDS(a != MAP_FAILED);
	memcpy(a + 100, "in place", 8);
	HOLDS(msync(a, 4096, MS_SYNC) == 0);
	munmap(a, 4096);
	HOLDS(st_of("map").st_size == 8192);
	close(fd);
	unlink("map");
}

static int lock_of(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

/* Has a child do it: POSIX locks are a process's.  Return: what it returned, as an exit code. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int try_both(void)
{
	int fd = open("locked", O_RDWR), r = 0;

	if (lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0)
		r |= 1;
	if (lock_of(fd, F_SETLK, F_WRLCK, 100, 10) == 0)
		r |= 2;
	if (lock_of(fd, F_SETLK, F_RDLCK, 200, 10) == 0)
		r |= 4;
	return r;
}

static int try_flock(void)
{
	int fd = open("locked", O_RDWR);

	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 1 : errno == EWOULDBLOCK ? 0 : 2;
}

static int wait_lock(void)
{
	int fd = open("locked", O_RDWR);

	return lock_of(fd, F_SETLKW, F_WRLCK, 0, 10) == 0 ? 7 : 8;
}

static void locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	int fd, other, status;
	pid_t pid;

	put("locked", "");
	fd = open("locked", O_RDWR);
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	HOLDS(lock_of(fd, F_SETLK, F_RDLCK, 200, 10) == 0);
	HOLDS(in_child(try_both) == 6);
	HOLDS(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_UNLCK); /* its own is no obstacle */
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 5) == 0);
	HOLDS(in_child(try_both) == 6);
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 5, 5) == 0);
	HOLDS(in_child(try_both) == 7);
	/* Any close of the file's in a process ends its locks. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
	HOLDS(in_child(try_both) == 0);
	other = open("locked", O_RDWR);
	close(other);
	HOLDS(in_child(try_both) == 7);
	/* Waiting for a lock, until it is given up. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	pid = fork();
	if (pid == 0)
		_exit(wait_lock());
	usleep(200000);
	HOLDS(waitpid(pid, &status, WNOHANG) == 0);
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 10) == 0);
	HOLDS(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	/* And until the one who waits is killed. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	pid = fork();
	if (pid == 0)
		_exit(wait_lock());
	usleep(200000);
	kill(pid, SIGKILL);
	HOLDS(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 10) == 0);
	HOLDS(in_child(try_both) == 7);
	/* flock(2) is of the open file. */
	HOLDS(flock(fd, LOCK_EX) == 0);
	HOLDS(in_child(try_flock) == 0);
	HOLDS(flock(fd, LOCK_SH) == 0);
	other = open("locked", O_RDONLY);
	HOLDS(flock(other, LOCK_SH | LOCK_NB) == 0);
	close(other);
	HOLDS(in_child(try_flock) == 0);
	close(fd);
	HOLDS(in_child(try_flock) == 1);
	unlink("locked");
}

static void attributes(void)
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
	HOLDS(mkdir("dir", 0777) == 0 && (st_of("dir").st_mode & 0777) == 0700);
	umask(022);
	HOLDS(chmod("file", 0) == 0 && (st_of("file").st_mode & 07777) == 0);
	HOLDS(chmod("file", 04755) == 0 && (st_of("file").st_mode & 07777) == 04755);
	HOLDS(utimensat(AT_FDCWD, "file", times, 0) == 0);
	st = st_of("file");
	HOLDS(st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec == 1100000000 &&
	      st.st_mtim.tv_nsec == 987654321);
	HOLDS(utimensat(AT_FDCWD, "file", NULL, 0) == 0 &&
	      st_of("file").st_mtim.tv_sec > 1700000000);
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
	if (is_root) {
		HOLDS(chown("file", 1234, 5678) == 0);
		st = st_of("file");
		HOLDS(st.st_uid == 1234 && st.st_gid == 5678 && (st.st_mode & 06000) == 0);
		HOLDS(lchown("dir", 1, 2) == 0 && st_of("dir").st_gid == 2);
		HOLDS(symlink("x", "link") == 0 && lchown("link", 3, 4) == 0 &&
		      st_of("link").st_uid == 3);
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
		HOLDS((st_of("file").st_mode & 06000) == 0);
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

static void owners(void)
{
	if (!is_root)
		return;
	umask(0);
	HOLDS(mkdir("open", 0777) == 0 && mkdir("closed", 0700) == 0 &&
	      mkdir("open/sticky", 01777) == 0);
	put("closed/secret", "s");
	put("open/sticky/x", "x");
	put("open/roots", "r");
	HOLDS(in_child(make_as_other) == 0);
	HOLDS(mkdir("setgid", 0777) == 0 && chown("setgid", 0, 77) == 0 &&
	      chmod("setgid", 02777) == 0);
	put("setgid/x", "");
	HOLDS(st_of("setgid/x").st_gid == 77);
	HOLDS(mkdir("setgid/d", 0755) == 0 && st_of("setgid/d").st_gid == 77 &&
	      (st_of("setgid/d").st_mode & 02000));
	unlink("closed/secret"), rmdir("closed"), unlink("open/sticky/x"), rmdir("open/sticky");
	unlink("open/roots"), unlink("open/theirs"), rmdir("open/dir"), unlink("open/link"),
		rmdir("open");
	unlink("setgid/x"), rmdir("setgid/d"), rmdir("setgid");
	umask(022);
}

/* The kernel wakes who watches for what goes through it. */
static void watching(void)
{
	char buffer[4096];
	int fd = inotify_init1(IN_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	HOLDS(inotify_add_watch(fd, ".", IN_CREATE | IN_MODIFY | IN_DELETE) >= 0);
	put("seen", "x");
	HOLDS(poll(&p, 1, 2000) == 1 && read(fd, buffer, sizeof(buffer)) > 0);
	HOLDS(unlink("seen") == 0 && poll(&p, 1, 2000) == 1);
	close(fd);
}

static void together(void)
{
	int status, fd;

	put("count", "");
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			int own = open("count", O_WRONLY | O_APPEND);

			for (int k = 0; k < 200; k++)
				if (write(own, "0123456789", 10) != 10)
					_exit(1);
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		HOLDS(wait(&status) > 0 && status == 0);
	HOLDS(st_of("count").st_size == 4 * 200 * 10);
	unlink("count");
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			char name[32];

			for (int k = 0; k < 100; k++) {
				snprintf(name, sizeof(name), "t%d-%d", i, k);
				fd = open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
				if (fd < 0 || write(fd, name, 4) != 4 || close(fd) < 0 ||
				    unlink(name) < 0)
					_exit(1);
			}
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		HOLDS(wait(&status) > 0 && status == 0);
}

static const struct {
	const char *name;
	void (*fn)(void);
} parts[] = {
	{ "names", names },	  { "kinds", kinds },
	{ "links", links },	  { "moves", moves },
	{ "gone", gone },	  { "content", content },
	{ "big", big },		  { "maps", maps },
	{ "locks", locks },	  { "attributes", attributes },
	{ "owners", owners },	  { "watching", watching },
	{ "together", together },
};

static int watch(char **paths)
{
	static const struct {
		uint32_t mask;
		const char *name;
	} kinds[] = { { IN_CREATE, "create" },	     { IN_MODIFY, "modify" },
		      { IN_DELETE, "delete" },	     { IN_ATTRIB, "attrib" },
		      { IN_CLOSE_WRITE, "written" }, { IN_MOVED_TO, "moved" } };
	_Alignas(8) char buffer[4096];
	int fd = inotify_init1(0);
	ssize_t n;

	for (int i = 0; paths[i]; i++)
		if (inotify_add_watch(fd, paths[i], IN_ALL_EVENTS) < 0) {
			perror(paths[i]);
			return 2;
		}
	puts("watching");
	while (fflush(stdout), (n = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(buffer + at);

			for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
				if (e->mask & kinds[i].mask)
					printf("%s %s %s\n", kinds[i].name, paths[e->wd - 1],
					       e->len ? e->name : "-");
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "watch") == 0)
		return watch(argv + 2);
	if (argc < 2 || chdir(argv[1]) < 0) {
		perror("fsprobe DIR");
		return 2;
	}
	umask(022);
	is_root = geteuid() == 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (argc < 3 || strcmp(argv[2], parts[i].name) == 0) {
			unsigned before = failed;

			parts[i].fn();
			if (failed > before)
				printf("%s: %u\n", parts[i].name, failed - before);
		}
	printf("%u tried, %u failed\n", tried, failed);
	return failed > 0;
}
