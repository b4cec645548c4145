/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A log file is written by the shim and only grows; its last line may be
 * half-written at any moment, and be taken back after a crash, so only lines with their newline are
 * taken, and the rest is read again.  The text of a line is the workload's and goes out as it is;
 * the rest of a line is checked, and a line that is not in the format is passed over.
 */
#include "daemon/log/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/frames.h"

#define BLOCK_BYTES	 65536u
#define HEADER_MAX_BYTES 64u /* time, stream and tag */
#define TIME_MIN_BYTES	 20u /* "2026-01-02T03:04:05Z" */

static const char *next_word(const char **p, const char *end, size_t *ret_len)
{
	const char *start = *p, *space = memchr(start, ' ', (size_t)(end - start));

	*ret_len = (size_t)((space ? space : end) - start);
	*p = space ? space + 1 : end;
	return start;
}

int log_parse(const char *line, size_t len, struct log_entry *ret)
{
	const char *p = line, *end = line + len, *s;
	struct log_entry e = { 0 };
	char when[CLOCK_TEXT_MAX];
	size_t n;

	s = next_word(&p, end, &n);
	if (n < TIME_MIN_BYTES || n >= sizeof(when))
		return -EBADMSG;
	memcpy(when, s, n);
	when[n] = '\0';
	if (clock_parse(when, &e.nsec) < 0)
		return -EBADMSG;
	s = next_word(&p, end, &n);
	if (n == 6 && memcmp(s, "stdout", 6) == 0)
		e.stream = LOG_STDOUT;
	else if (n == 6 && memcmp(s, "stderr", 6) == 0)
		e.stream = LOG_STDERR;
	else
		return -EBADMSG;
	s = next_word(&p, end, &n);
	if (n != 1 || (*s != 'F' && *s != 'P'))
		return -EBADMSG;
	e.partial = *s == 'P';
	e.text = p;
	e.len = (size_t)(end - p);
	*ret = e;
	return 0;
}

static int is_partial(int fd, uint64_t offset, bool *ret)
{
	char head[HEADER_MAX_BYTES];
	struct log_entry e;
	ssize_t n = pread(fd, head, sizeof(head), (off_t)offset);

	if (n < 0)
		return -errno;
	*ret = log_parse(head, (size_t)n, &e) == 0 && e.partial;
	return 0;
}

/* Finds where the record begins whose newline is just before @end. */
static int previous_record(int fd, uint64_t end, uint64_t *ret)
{
	char block[4096];
	uint64_t at = end - 1;

	while (at > 0) {
		size_t n = at < sizeof(block) ? (size_t)at : sizeof(block);
		const char *newline;
		int r = fd_pread_exact(fd, block, n, at - n);

		if (r < 0)
			return r;
		newline = memrchr(block, '\n', n);
		if (newline) {
			*ret = at - n + (uint64_t)(newline - block) + 1;
			return 0;
		}
		at -= n;
	}
	*ret = 0;
	return 0;
}

/* Goes back from the end: a full record ends a line, and partial records before it
 * belong to the same line. */
int log_tail(int fd, uint64_t until, struct log_tail *t, uint64_t *ret_offset)
{
	struct stat sb;
	uint64_t end;
	int r;

	if (fstat(fd, &sb) < 0)
		return -errno;
	if (until > (uint64_t)sb.st_size)
		until = (uint64_t)sb.st_size;
	/* A record without its newline is still being written, and does not count. */
	r = previous_record(fd, until + 1, &end);
	while (r == 0) {
		uint64_t begin;
		bool partial = false;

		if (t->wanted == 0 || end == 0)
			break;
		r = previous_record(fd, end, &begin);
		if (r == 0)
			r = is_partial(fd, begin, &partial);
		if (r < 0 || (!partial && t->found == t->wanted))
			break;
		if (!partial || !t->begun)
			t->found++; /* the last line counts though it has not ended */
		t->begun = true;
		end = begin;
	}
	if (r < 0)
		return r;
	*ret_offset = end;
	return t->wanted == 0 || end > 0;
}

void log_reader_reset(struct log_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	buf_reset(&r->in);
	buf_reset(&r->out);
}

static int add_header(struct buf *b, unsigned stream, size_t len)
{
	unsigned char header[FRAMES_HEADER_BYTES];

	frames_put(header, stream, len);
	return buf_add(b, header, sizeof(header));
}

int log_frame(struct buf *b, unsigned stream, const char *data, size_t len)
{
	int r = add_header(b, stream, len);

	return r < 0 ? r : buf_add(b, data, len);
}

static int put_entry(struct log_reader *r, const struct log_entry *e)
{
	bool stamp = r->options.timestamps && !r->within[e->stream];
	size_t len = e->len + !e->partial;
	char when[CLOCK_TEXT_MAX + 1] = "";

	if (stamp) {
		clock_format(e->nsec, when);
		strcat(when, " ");
		len += strlen(when);
	}
	if ((r->options.framed && add_header(&r->out, e->stream, len) < 0) ||
	    buf_adds(&r->out, when) < 0 || buf_add(&r->out, e->text, e->len) < 0 ||
	    (!e->partial && buf_adds(&r->out, "\n") < 0))
		return -ENOMEM;
	return 0;
}

static int take_line(struct log_reader *r, const char *line, size_t len)
{
	const struct log_options *o = &r->options;
	struct log_entry e;
	int code = 0;

	if (log_parse(line, len, &e) < 0)
		return 0;
	if (e.nsec > o->until_nsec)
		r->past = true;
	if ((e.stream == LOG_STDOUT ? o->out : o->err) && e.nsec >= o->since_nsec &&
	    e.nsec <= o->until_nsec)
		code = put_entry(r, &e);
	r->within[e.stream] = e.partial;
	return code;
}

static ssize_t read_block(struct log_reader *r)
{
	uint64_t left = r->end > r->offset ? r->end - r->offset : 0;
	ssize_t n;

	r->in.len = 0;
	if (buf_reserve(&r->in, BLOCK_BYTES) < 0)
		return -ENOMEM;
	do {
		n = pread(r->fd, r->in.data, left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES,
			  (off_t)r->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->in.len = (size_t)n;
	return n;
}

ssize_t log_reader_fill(struct log_reader *r)
{
	ssize_t n = read_block(r);
	size_t done = 0;

	if (n <= 0)
		return n;
	while (done < r->in.len) {
		const char *line = r->in.data + done;
		const char *newline = memchr(line, '\n', r->in.len - done);
		int code = 0;

		if (!newline)
			break;
		if (!r->overlong)
			code = take_line(r, line, (size_t)(newline - line));
		if (code < 0)
			return code;
		r->overlong = false;
		done = (size_t)(newline + 1 - r->in.data);
	}
	if (done == 0 && r->in.len == BLOCK_BYTES) {
		r->overlong = true;
		done = r->in.len;
	}
	r->offset += done;
	return (ssize_t)done;
}
