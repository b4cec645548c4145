/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The shim begins a new file only when it has written its last byte to the
 * one before, and removes the oldest then.  So a file is complete once the next one is there: it is
 * read to its end after that was seen, and left.  A reader that was too slow finds its file
 * removed; it still has that one open, reads it to its end, and goes on with the oldest there is.
 *
 * Who does not follow a log reads up to its end of when it was opened: a busy container's log
 * would have no other end, and more than the last lines that were counted.  Who goes on at a place,
 * after the death of moatd, opens it once more.
 */
#include "daemon/log/files.h"
#include "control/names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/numbered.h"

#define ATTEMPTS_MAX 100 /* to open a file that is being removed */

void log_place_format(const struct log_place *place, char ret[LOG_PLACE_MAX])
{
	snprintf(ret, LOG_PLACE_MAX, "%" PRIu64 ".%" PRIu64 ".%u", place->number, place->offset,
		 place->within);
}

int log_place_parse(const char *text, struct log_place *ret)
{
	struct log_place p;
	int used = -1;

	if (strlen(text) >= LOG_PLACE_MAX || strspn(text, "0123456789.") != strlen(text))
		return -EINVAL;
	/* A number too large for its type becomes the largest of it. */
	if (sscanf(text, "%" SCNu64 ".%" SCNu64 ".%u%n", &p.number, &p.offset, &p.within, &used) !=
		    3 ||
	    used < 0 || text[used] || p.number > INT64_MAX || p.offset > INT64_MAX)
		return -EINVAL;
	*ret = p;
	return 0;
}

void log_files_init(struct log_files *f, int dir_fd)
{
	*f = (struct log_files){ .dir_fd = dir_fd,
				 .reader = { .fd = -1, .end = UINT64_MAX },
				 .until = { UINT64_MAX, UINT64_MAX, 0 } };
}

void log_files_reset(struct log_files *f)
{
	fd_close(&f->dir_fd);
	log_reader_reset(&f->reader);
}

/* Return: a descriptor; -ENOENT; -errno. */
static int open_number(const struct log_files *f, uint64_t number)
{
	char name[NUMBERED_MAX];
	int fd;

	numbered_name(CONTAINER_LOG_FILE, number, name);
	fd = openat(f->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static uint64_t end_within(const struct log_files *f, uint64_t number)
{
	if (number == f->until.number)
		return f->until.offset;
	return number < f->until.number ? UINT64_MAX : 0;
}

static void use_file(struct log_files *f, int fd, uint64_t number, uint64_t offset)
{
	fd_close(&f->reader.fd);
	f->reader.fd = fd;
	f->reader.offset = offset;
	f->reader.end = end_within(f, number);
	f->number = number;
}

/* Opens the oldest file from number @from on.  Return: a descriptor; -ENOENT; -errno. */
static int open_oldest(const struct log_files *f, uint64_t from, uint64_t *ret_number)
{
	uint64_t first, last;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		int fd, r = numbered_range(f->dir_fd, CONTAINER_LOG_FILE, &first, &last);

		if (r < 0)
			return r;
		if (last < from)
			return -ENOENT;
		*ret_number = first < from ? from : first;
		fd = open_number(f, *ret_number);
		if (fd != -ENOENT)
			return fd;
	}
	return -ENOENT;
}

/* Opens the newest file.  Return: a descriptor, with @ret: the log's end; -ENOENT; -errno. */
static int open_newest(const struct log_files *f, struct log_place *ret)
{
	uint64_t first, last;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		int r = numbered_range(f->dir_fd, CONTAINER_LOG_FILE, &first, &last);
		cleanup_close int fd = r < 0 ? r : open_number(f, last);
		struct stat sb;

		if (fd == -ENOENT && r == 0)
			continue;
		if (fd < 0)
			return fd;
		if (fstat(fd, &sb) < 0)
			return -errno;
		*ret = (struct log_place){ .number = last, .offset = (uint64_t)sb.st_size };
		return take_fd(&fd);
	}
	return -ENOENT;
}

/* Goes back from the newest file to the one in which the last @lines lines begin. */
static int open_tail(struct log_files *f, uint64_t lines)
{
	struct log_tail tail = { .wanted = lines };
	struct log_place end = { 0 };
	uint64_t offset;
	int fd = open_newest(f, &end), r = 0;

	if (fd >= 0 && f->present)
		f->until = end;
	for (uint64_t number = end.number; fd >= 0; fd = open_number(f, --number)) {
		r = log_tail(fd, end.offset, &tail, &offset);
		if (r < 0) {
			close(fd);
			return r;
		}
		use_file(f, fd, number, offset);
		if (r > 0)
			return 0;
		end.offset = UINT64_MAX;
	}
	/* The log begins with the file after one that is not there. */
	return fd == -ENOENT && f->reader.fd >= 0 ? 0 : fd;
}

/* Where only the present log is wanted, finds its end.  That is after the oldest file was opened,
 * so that the end is never before the beginning. */
static int stop_at_end(struct log_files *f)
{
	int r = f->present ? log_files_end(f, &f->until) : 0;

	f->reader.end = end_within(f, f->number);
	return r;
}

int log_files_open(struct log_files *f, uint64_t lines)
{
	uint64_t number;
	int fd;

	if (f->dir_fd < 0)
		return -ENOENT;
	if (lines != UINT64_MAX)
		return open_tail(f, lines);
	fd = open_oldest(f, 0, &number);
	if (fd < 0)
		return fd;
	use_file(f, fd, number, 0);
	return stop_at_end(f);
}

int log_files_open_at(struct log_files *f, const struct log_place *place)
{
	uint64_t number;
	int fd;

	if (f->dir_fd < 0)
		return -ENOENT;
	fd = open_oldest(f, place->number, &number);
	if (fd < 0)
		return fd;
	use_file(f, fd, number, number == place->number ? place->offset : 0);
	for (int stream = LOG_STDOUT; stream <= LOG_STDERR; stream++)
		f->reader.within[stream] = number == place->number && place->within >> stream & 1;
	return stop_at_end(f);
}

void log_files_place(const struct log_files *f, struct log_place *ret)
{
	*ret = (struct log_place){ .number = f->number, .offset = f->reader.offset };
	for (int stream = LOG_STDOUT; stream <= LOG_STDERR; stream++)
		ret->within |= (unsigned)f->reader.within[stream] << stream;
}

int log_files_end(const struct log_files *f, struct log_place *ret)
{
	cleanup_close int fd = -ENOENT;

	*ret = (struct log_place){ 0 };
	if (f->dir_fd >= 0)
		fd = open_newest(f, ret);
	return fd < 0 && fd != -ENOENT ? fd : 0;
}

/* Opens the file after the one that is read.  Return: a descriptor; -ENOENT when there is none yet;
 * -errno. */
static int find_next(struct log_files *f, uint64_t *ret_number)
{
	int fd = open_number(f, f->number + 1);

	*ret_number = f->number + 1;
	if (fd == -ENOENT && fd_is_removed(f->reader.fd))
		fd = open_oldest(f, f->number + 1, ret_number);
	return fd;
}

ssize_t log_files_fill(struct log_files *f)
{
	for (;;) {
		ssize_t n = log_reader_fill(&f->reader);
		cleanup_close int fd = -1;
		uint64_t next;

		if (n != 0 || f->number >= f->until.number)
			return n;
		fd = find_next(f, &next);
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		/* Reads what was written after this file's end was seen and before the next file
		 * was. */
		n = log_reader_fill(&f->reader);
		if (n != 0)
			return n;
		use_file(f, take_fd(&fd), next, 0);
		f->reader.overlong = false;
	}
}
