/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each piece of output is turned into records and written with one
 * write(2) before anybody else sees it: a shim that is killed loses nothing that a client has
 * seen.  Nothing is held back, so there is no state but the file: an unfinished line is a "P"
 * record, and its rest another one.  The file's end is known, so that a write cut short by
 * a full disk is taken back to the last whole record.
 *
 * The contents come from the guest, the format does not: records have a bounded size and end
 * only where this file ends them.
 */
#include "shim/crilog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"

/* A record's time, stream and tag take less than this. */
#define HEAD_MAX 64u

struct crilog {
	int fd;
	off_t size_bytes; /* the end of the last whole record */
	bool failing;
	struct buf records;
};

static int add_record(struct buf *b, const char *when, const char *stream, char tag,
		      const char *data, size_t len)
{
	int r = buf_addf(b, "%s %s %c ", when, stream, tag);

	if (r == 0)
		r = buf_add(b, data, len);
	return r < 0 ? r : buf_add(b, "\n", 1);
}

int crilog_format(struct buf *b, const char *when, enum link_channel channel, const char *data,
		  size_t len)
{
	const char *stream = channel == LINK_STDERR ? "stderr" : "stdout";

	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t piece = newline ? (size_t)(newline - data) : len;
		bool whole = newline && piece <= CRILOG_RECORD_MAX;
		int r;

		if (piece > CRILOG_RECORD_MAX)
			piece = CRILOG_RECORD_MAX;
		r = add_record(b, when, stream, whole ? 'F' : 'P', data, piece);
		if (r < 0)
			return r;
		piece += whole;
		data += piece;
		len -= piece;
	}
	return 0;
}

/* Finds the end of the last whole record; a longer tail without any newline is none of ours. */
static int find_end(int fd, off_t *ret)
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
	*ret = newline ? from + (newline - tail) + 1 : from;
	return 0;
}

int crilog_open(int dir_fd, const char *name, struct crilog **ret)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct crilog *l;
	off_t end;
	int r;

	if (fd < 0)
		return -errno;
	r = find_end(fd, &end);
	if (r < 0)
		return r;
	if (ftruncate(fd, end) < 0)
		return -errno;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->fd = take_fd(&fd);
	l->size_bytes = end;
	*ret = l;
	return 0;
}

void crilog_free(struct crilog *l)
{
	if (!l)
		return;
	close(l->fd);
	buf_reset(&l->records);
	free(l);
}

static int append(struct crilog *l)
{
	int r = fd_write_all(l->fd, l->records.data, l->records.len);

	if (r == 0) {
		l->size_bytes += (off_t)l->records.len;
		return 0;
	}
	if (ftruncate(l->fd, l->size_bytes) < 0)
		return -errno;
	return r;
}

int crilog_write(struct crilog *l, enum link_channel channel, const void *data, size_t len)
{
	char when[CLOCK_TEXT_MAX];
	bool failed_before = l->failing;
	int r;

	clock_format(clock_now_nsec(), when);
	l->records.len = 0;
	r = crilog_format(&l->records, when, channel, data, len);
	if (r == 0)
		r = append(l);
	l->failing = r < 0;
	return failed_before ? 0 : r;
}
