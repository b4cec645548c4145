/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each piece of output is turned into records and written with one
 * write(2) before anybody else sees it: a shim that is killed loses nothing that a client has
 * seen.  Nothing is held back, so there is no state but the file: an unfinished line is a "P"
 * record, and its rest another one.  The file's end is known, so that a write cut short by
 * a full disk is taken back to the last whole record.
 *
 * A file that is full is left as it is and the next number begun: nothing is renamed, so a reader
 * keeps its place by number and offset, and a crash at any point leaves nothing to mend.  The
 * change is made between lines where it can be, so that the oldest file does not begin in the
 * middle of one.
 *
 * The contents come from the guest, the format does not: records have a bounded size and end
 * only where this file ends them.
 */
#include "shim/container/crilog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/numbered.h"

/* A record's time, stream and tag take less than this. */
#define HEAD_MAX 64u

/* How far beyond its limit a file may grow while no line ends. */
#define OVERRUN_MAX MIB(1)

struct crilog {
	int dir_fd;
	struct log_limits limits;
	uint64_t number;
	int fd;			    /* -1: nothing is kept */
	uint64_t size_bytes;	    /* the end of the last whole record */
	bool within[LINK_CHANNELS]; /* the channel's last line has not ended yet */
	bool failing;
	uint64_t lost_bytes;
	struct buf records;
};

/* The length of the record that begins at @data; @ret_whole: it ends a line. */
static size_t next_record(const char *data, size_t len, bool *ret_whole)
{
	size_t most = len > CRILOG_RECORD_MAX ? CRILOG_RECORD_MAX + 1 : len;
	const char *newline = memchr(data, '\n', most);

	*ret_whole = newline != NULL;
	if (newline)
		return (size_t)(newline - data);
	return len > CRILOG_RECORD_MAX ? CRILOG_RECORD_MAX : len;
}

static const char *stream_name(enum link_channel channel)
{
	return channel == LINK_STDERR ? "stderr" : "stdout";
}

/* Finds the end of the last whole record; a longer tail without any newline is none of ours. */
static int find_end(int fd, uint64_t *ret)
{
	char tail[CRILOG_RECORD_MAX + HEAD_MAX];
	const char *newline;
	struct stat sb;
	off_t from;
	int r;

	if (fstat(fd, &sb) < 0)
		return -errno;
	from = sb.st_size > (off_t)sizeof(tail) ? sb.st_size - (off_t)sizeof(tail) : 0;
	r = fd_pread_exact(fd, tail, (size_t)(sb.st_size - from), (uint64_t)from);
	if (r < 0)
		return r;
	newline = memrchr(tail, '\n', (size_t)(sb.st_size - from));
	*ret = (uint64_t)(newline ? from + (newline - tail) + 1 : from);
	return 0;
}

static int open_number(int dir_fd, uint64_t number, int flags)
{
	char name[NUMBERED_MAX];
	int fd;

	numbered_name(CONTAINER_LOG_FILE, number, name);
	fd = openat(dir_fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags,
		    0600);
	return fd < 0 ? -errno : fd;
}

/* Removes the files before the newest @max_files. */
static void remove_old(struct crilog *l)
{
	if (l->number >= l->limits.max_files)
		(void)numbered_remove(l->dir_fd, CONTAINER_LOG_FILE,
				      l->number + 1 - l->limits.max_files);
}

static int open_newest(struct crilog *l)
{
	uint64_t first;
	int r = numbered_range(l->dir_fd, CONTAINER_LOG_FILE, &first, &l->number);

	if (r == -ENOENT)
		l->number = 1;
	else if (r < 0)
		return r;
	l->fd = open_number(l->dir_fd, l->number, 0);
	if (l->fd < 0)
		return l->fd;
	r = find_end(l->fd, &l->size_bytes);
	if (r == 0 && ftruncate(l->fd, (off_t)l->size_bytes) < 0)
		r = -errno;
	if (r == 0)
		remove_old(l);
	return r;
}

int crilog_open(int dir_fd, const struct log_limits *limits, struct crilog **ret)
{
	struct crilog *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->dir_fd = dir_fd;
	l->limits = *limits;
	l->fd = -1;
	r = limits->max_files > 0 ? open_newest(l) : 0;
	if (r < 0) {
		crilog_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void crilog_free(struct crilog *l)
{
	if (!l)
		return;
	fd_close(&l->fd);
	buf_reset(&l->records);
	free(l);
}

void crilog_place(const struct crilog *l, uint64_t *ret_number, uint64_t *ret_offset)
{
	*ret_number = l->fd < 0 ? 0 : l->number;
	*ret_offset = l->size_bytes;
}

/* Writes the records that are gathered. */
static int flush_records(struct crilog *l)
{
	int r = fd_write_all(l->fd, l->records.data, l->records.len);

	if (r == 0)
		l->size_bytes += l->records.len;
	else if (ftruncate(l->fd, (off_t)l->size_bytes) < 0)
		r = -errno;
	l->records.len = 0;
	return r;
}

/* Is the file full, so that a record of @len bytes belongs into the next one? */
static bool is_full(const struct crilog *l, size_t len)
{
	uint64_t size = l->size_bytes + l->records.len, limit = l->limits.max_bytes;

	if (limit == 0 || size == 0 || size + len <= limit)
		return false;
	if (!l->within[LINK_STDOUT] && !l->within[LINK_STDERR])
		return true;
	return size + len > limit + (limit < OVERRUN_MAX ? limit : OVERRUN_MAX);
}

/* Begins the next file.  Where it cannot be made, the present one goes on. */
static void change_file(struct crilog *l)
{
	int fd = open_number(l->dir_fd, l->number + 1, O_EXCL);

	if (fd < 0)
		return;
	fd_close(&l->fd);
	l->fd = fd;
	l->number++;
	l->size_bytes = 0;
	remove_old(l);
}

static int write_records(struct crilog *l, enum link_channel channel, const char *data, size_t len)
{
	char when[CLOCK_TEXT_MAX];
	int r = 0;

	clock_format(clock_now_nsec(), when);
	l->records.len = 0;
	while (r == 0 && len > 0) {
		bool whole;
		size_t piece = next_record(data, len, &whole);

		if (is_full(l, HEAD_MAX + piece)) {
			r = flush_records(l);
			if (r < 0)
				return r;
			change_file(l);
		}
		r = buf_addf(&l->records, "%s %s %c ", when, stream_name(channel),
			     whole ? 'F' : 'P');
		if (r == 0)
			r = buf_add(&l->records, data, piece);
		if (r == 0)
			r = buf_add(&l->records, "\n", 1);
		l->within[channel] = !whole;
		data += piece + whole;
		len -= piece + whole;
	}
	return r < 0 ? r : flush_records(l);
}

int crilog_write(struct crilog *l, enum link_channel channel, const void *data, size_t len)
{
	bool failed_before = l->failing;
	int r = l->fd < 0 ? 0 : write_records(l, channel, data, len);

	l->failing = r < 0;
	if (r < 0)
		l->lost_bytes += len;
	return failed_before ? 0 : r;
}

uint64_t crilog_take_lost(struct crilog *l)
{
	uint64_t lost = l->failing ? 0 : l->lost_bytes;

	if (!l->failing)
		l->lost_bytes = 0;
	return lost;
}
