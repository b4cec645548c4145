/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Nothing is looked at before the time is over.  Then the process is watched
 * for a slice: how long its threads ran, and how long they waited for a processor (schedstat).  The
 * kernel counts a wait when it ends, so a thread that still waits is known by its state.  A process
 * that ran or slept had its time.  One that waited for most of the slice gets another slice.
 */
#include "base/patience.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

#define SLICE_PART     8u /* of the whole time */
#define SLICE_MIN_USEC (50 * USEC_PER_MSEC)
#define SLICE_MAX_USEC (2 * USEC_PER_SEC)
#define FILE_MAX       1024u

/* Times of a process's threads since they were made. */
struct use {
	uint64_t ran_usec, waited_usec;
	bool is_ready; /* a thread runs, or waits for a processor */
};

static int read_file(int dir_fd, const char *name, const char *file, struct buf *ret)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "%.40s/%s", name, file);
	r = file_read_at(dir_fd, path, FILE_MAX, ret);
	return r == 0 ? buf_adds(ret, "") : r;
}

/* Adds a thread's times; one that has ended meanwhile adds nothing. */
static int add_thread(int dir_fd, const char *name, void *arg)
{
	cleanup(buf_reset) struct buf times = BUF_INIT, stat = BUF_INIT;
	struct use *use = arg;
	uint64_t ran, waited;
	const char *state;

	if (read_file(dir_fd, name, "schedstat", &times) < 0 ||
	    read_file(dir_fd, name, "stat", &stat) < 0 ||
	    sscanf(times.data, "%" SCNu64 " %" SCNu64, &ran, &waited) != 2)
		return 0;
	use->ran_usec += ran / NSEC_PER_USEC;
	use->waited_usec += waited / NSEC_PER_USEC;
	state = strrchr(stat.data, ')'); /* behind the name, which may hold any bytes */
	use->is_ready |= state && str_starts(state, ") R");
	return 0;
}

/* Return: 0; negative where nothing is known of the process. */
static int look_at_process(pid_t pid, struct use *ret)
{
	char path[32];
	cleanup_close int fd = -1;

	*ret = (struct use){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	fd = pid > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return fd < 0 ? -1 : path_each(fd, add_thread, ret);
}

static uint64_t clamp_slice(uint64_t usec)
{
	return usec < SLICE_MIN_USEC   ? SLICE_MIN_USEC
	       : usec < SLICE_MAX_USEC ? usec
				       : SLICE_MAX_USEC;
}

void patience_begin(struct patience *p, pid_t pid, uint64_t usec)
{
	uint64_t now = clock_mono_usec();

	*p = (struct patience){ .pid = pid,
				.until_usec = now + usec,
				.last_usec = now + PATIENCE_FACTOR * usec,
				.slice_usec = clamp_slice(usec / SLICE_PART) };
}

/* Did it wait for a processor for most of the slice that is over? */
static bool is_starved(const struct patience *p, const struct use *now)
{
	uint64_t most = p->slice_usec / 2;

	return now->waited_usec - p->waited_usec > most ||
	       (now->is_ready && now->ran_usec - p->ran_usec < most);
}

uint64_t patience_left(struct patience *p)
{
	uint64_t now = clock_mono_usec();
	struct use use;

	if (now < p->until_usec)
		return p->until_usec - now;
	if (look_at_process(p->pid, &use) < 0 || (p->seen && !is_starved(p, &use)))
		return 0;
	if (now >= p->last_usec) {
		p->is_cut = p->seen;
		return 0;
	}
	p->seen = true;
	p->ran_usec = use.ran_usec;
	p->waited_usec = use.waited_usec;
	p->until_usec = now + p->slice_usec;
	return p->slice_usec;
}
