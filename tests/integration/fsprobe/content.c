/* SPDX-License-Identifier: Apache-2.0 */
/* What is in files, also by maps and by several at once. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

void probe_content(void)
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
	HOLDS(probe_has("copy", "end+more"));
	close(fd);
	close(to);
	FAILS(EBADF, (fd = open("file", O_RDONLY), write(fd, "x", 1)));
	close(fd);
	fd = open("file", O_WRONLY | O_TRUNC);
	HOLDS(fstat(fd, &st) == 0 && st.st_size == 0);
	close(fd);
	HOLDS(truncate("file", 12345) == 0 && probe_st("file").st_size == 12345);
	unlink("file"), unlink("copy");
	HOLDS(statvfs(".", (struct statvfs *)got) == 0 && ((struct statvfs *)got)->f_blocks > 0);
}

void probe_big(void)
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

void probe_maps(void)
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
	HOLDS(probe_st("map").st_size == 8192);
	close(fd);
	unlink("map");
}

void probe_together(void)
{
	int status, fd;

	probe_put("count", "");
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
	HOLDS(probe_st("count").st_size == 4 * 200 * 10);
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
