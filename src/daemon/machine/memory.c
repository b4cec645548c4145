/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

#define PROC_MAX_BYTES 65536
#define PROCESSES_MAX  64u

/* @ret: text of /proc/PID/NAME, with a NUL behind it */
static int read_proc(pid_t pid, const char *name, struct buf *ret)
{
	cleanup_free char *path = str_printf("/proc/%d/%s", (int)pid, name);

	if (!path || file_read_at(AT_FDCWD, path, PROC_MAX_BYTES, ret) < 0)
		return -1;
	return buf_adds(ret, "");
}

/* The bytes of a line "KEY:  N kB" that is not the first line; 0 where there is none. */
static int64_t bytes_of(const struct buf *b, const char *key)
{
	const char *line = strstr(b->data, key);

	return line ? strtoll(line + strlen(key), NULL, 10) * 1024 : 0;
}

int64_t memory_of_process(pid_t pid)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (pid <= 0 || read_proc(pid, "smaps_rollup", &b) < 0)
		return 0;
	return bytes_of(&b, "\nPss:");
}

int64_t memory_given_back(pid_t pid)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int64_t most, now;

	if (pid <= 0 || read_proc(pid, "status", &b) < 0)
		return 0;
	most = bytes_of(&b, "\nVmHWM:");
	now = bytes_of(&b, "\nVmRSS:");
	return most > now ? most - now : 0;
}

/* Appends the children of a process to the list. */
static size_t add_children(pid_t pid, pid_t *list, size_t n)
{
	cleanup_free char *name = str_printf("task/%d/children", (int)pid);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	char *at, *end;

	if (!name || read_proc(pid, name, &b) < 0)
		return n;
	for (at = b.data; n < PROCESSES_MAX; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at)
			break;
		list[n++] = (pid_t)child;
	}
	return n;
}

int64_t memory_of_machine(pid_t engine)
{
	pid_t list[PROCESSES_MAX];
	pid_t shim = engine > 0 ? getsid(engine) : -1;
	bool seen = false;
	int64_t sum = 0;
	size_t n = 0;

	if (engine <= 0)
		return 0;
	/* An engine that leads a session of its own has no shim above it: it is measured alone.
	 * */
	list[n++] = shim > 1 ? shim : engine;
	for (size_t i = 0; i < n; i++) {
		sum += memory_of_process(list[i]);
		seen = seen || list[i] == engine;
		n = add_children(list[i], list, n);
	}
	return seen ? sum : sum + memory_of_process(engine);
}
