/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each thread has its own set of processors, and a new one has that of the
 * thread that makes it.  So the list of threads is gone through until it holds none that was not
 * there before.
 */
#include "shim/machine/affinity.h"

#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"

#define PASSES_MAX 8

/* Return: how many threads had another set before; -errno. */
static int set_threads(const char *tasks, const cpu_set_t *set)
{
	cleanup_dir DIR *dir = opendir(tasks);
	struct dirent *e;
	cpu_set_t old;
	uint32_t tid;
	int n = 0;

	if (!dir)
		return -errno;
	while ((e = readdir(dir))) {
		if (str_to_u32(e->d_name, &tid) < 0)
			continue;
		CPU_ZERO(&old);
		/* A thread that has ended meanwhile is passed over. */
		if (sched_getaffinity((pid_t)tid, sizeof(old), &old) < 0 || CPU_EQUAL(&old, set))
			continue;
		if (sched_setaffinity((pid_t)tid, sizeof(*set), set) == 0)
			n++;
		else if (errno != ESRCH)
			return -errno;
	}
	return n;
}

int affinity_set(pid_t pid, const char *cpuset, struct err *err)
{
	cleanup_free char *tasks = str_printf("/proc/%d/task", (int)pid);
	cpu_set_t set;
	int r = cpuset_parse(cpuset, &set);

	if (r == 0 && !tasks)
		r = -ENOMEM;
	if (r == 0 && pid == 0 && sched_setaffinity(0, sizeof(set), &set) < 0)
		r = -errno;
	for (int i = 0; r >= 0 && pid > 0 && i < PASSES_MAX; i++) {
		r = set_threads(tasks, &set);
		if (r == 0)
			break;
	}
	return r < 0 ? err_errno(err, r, "keep to processors %s", cpuset) : 0;
}
