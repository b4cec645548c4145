/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Every process of the container is in its cgroup or in one below it, so the
 * kernel's counters of that cgroup are the container's.  A list of processes is asked of /proc, and
 * each for its cgroup: there can be more cgroups than processes, as deep as the container likes.
 * Names and arguments of processes are the container's own: they are copied, cut, and taken for
 * nothing but text.
 */
#include "guest/container/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"

/* The start of a small file as text; "" where there is none. */
static void read_small_file(int dir_fd, const char *name, char *ret, size_t size)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static uint64_t read_number(int dir_fd, const char *name)
{
	char text[64];

	read_small_file(dir_fd, name, text, sizeof(text));
	return strtoull(text, NULL, 10); /* "max", no limit, becomes 0 */
}

/* The number behind "KEY " at the start of a line. */
static uint64_t number_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return strtoull(line + len + 1, NULL, 10);
	}
	return 0;
}

/* The sum of all "KEY=N" in a text. */
static uint64_t sum_of(const char *text, const char *key)
{
	uint64_t sum = 0;

	while ((text = strstr(text, key))) {
		text += strlen(key);
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

/* Return: bytes; 0 where the kernel does not say. */
static uint64_t memory_of_machine(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : 0;
}

static uint32_t permille_of_memory(uint64_t bytes)
{
	uint64_t all = memory_of_machine();

	return all > 0 ? (uint32_t)(bytes * 1000 / all) : 0;
}

static uint64_t memory_limit(const struct cgroup *cg)
{
	uint64_t limit = read_number(cg->fd, "memory.max"), all = memory_of_machine();

	return limit > 0 && limit < all ? limit : all;
}

void usage_stats(const struct cgroup *cg, struct link_stats *ret)
{
	char cpu[1024], memory[4096], io[4096];

	read_small_file(cg->fd, "cpu.stat", cpu, sizeof(cpu));
	read_small_file(cg->fd, "memory.stat", memory, sizeof(memory));
	read_small_file(cg->fd, "io.stat", io, sizeof(io));
	*ret = (struct link_stats){
		.cpu_usec = number_of(cpu, "usage_usec"),
		.cpu_user_usec = number_of(cpu, "user_usec"),
		.cpu_system_usec = number_of(cpu, "system_usec"),
		.memory_bytes = read_number(cg->fd, "memory.current"),
		.memory_limit_bytes = memory_limit(cg),
		.memory_cache_bytes = number_of(memory, "inactive_file"),
		.memory_file_bytes = number_of(memory, "file"),
		.pids = read_number(cg->fd, "pids.current"),
		.pids_limit = read_number(cg->fd, "pids.max"),
		.read_bytes = sum_of(io, "rbytes="),
		.write_bytes = sum_of(io, "wbytes="),
		.periods = number_of(cpu, "nr_periods"),
		.throttled_periods = number_of(cpu, "nr_throttled"),
		.throttled_usec = number_of(cpu, "throttled_usec"),
	};
}

uint64_t usage_droppable(const struct cgroup *cg)
{
	static const char *const kept[] = { "file_mapped", "file_dirty", "file_writeback" };
	char memory[4096];
	uint64_t bytes;

	read_small_file(cg->fd, "memory.stat", memory, sizeof(memory));
	bytes = number_of(memory, "inactive_file") + number_of(memory, "active_file");
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		uint64_t n = number_of(memory, kept[i]);

		bytes -= n < bytes ? n : bytes;
	}
	return bytes;
}

static uint64_t ticks_to_usec(uint64_t ticks)
{
	return ticks * USEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Field @n of /proc/PID/stat, counted as in proc(5).  @from: the end of the name, which may hold
 * anything */
static uint64_t stat_field(const char *from, unsigned n)
{
	for (; n > 2 && from; n--)
		from = strchr(from + 1, ' ');
	return from ? strtoull(from, NULL, 10) : 0;
}

static int read_stat(int dir_fd, struct link_proc *p, uint32_t *ret_ppid)
{
	struct timespec now;
	uint64_t now_usec, start_usec;
	char text[1024], *rest;

	read_small_file(dir_fd, "stat", text, sizeof(text));
	rest = strrchr(text, ')');
	if (!rest || rest[1] != ' ' || !rest[2])
		return -ESRCH;
	clock_gettime(CLOCK_BOOTTIME, &now);
	now_usec = (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / NSEC_PER_USEC;
	start_usec = ticks_to_usec(stat_field(rest, 22));
	p->state[0] = rest[2];
	*ret_ppid = (uint32_t)stat_field(rest, 4);
	p->age_usec = now_usec > start_usec ? now_usec - start_usec : 0;
	p->cpu_usec = ticks_to_usec(stat_field(rest, 14) + stat_field(rest, 15));
	p->virtual_bytes = stat_field(rest, 23);
	p->resident_bytes = stat_field(rest, 24) * (uint64_t)sysconf(_SC_PAGESIZE);
	p->memory_permille = permille_of_memory(p->resident_bytes);
	*rest = '\0';
	rest = strchr(text, '(');
	snprintf(p->name, sizeof(p->name), "%s", rest ? rest + 1 : "");
	snprintf(p->command, sizeof(p->command), "[%s]", p->name);
	return 0;
}

/* Reads the arguments; a kernel thread or a zombie has none, and keeps its name. */
static void read_command(int dir_fd, struct link_proc *p)
{
	cleanup_close int fd = openat(dir_fd, "cmdline", O_RDONLY | O_CLOEXEC);
	char text[LINK_COMMAND_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	while (n > 0 && text[n - 1] == '\0')
		n--;
	if (n <= 0)
		return;
	for (ssize_t i = 0; i < n; i++)
		p->command[i] = text[i] ? text[i] : ' ';
	p->command[n] = '\0';
}

/* The process's number in the innermost namespace, which is the container's. */
static uint32_t pid_inside(int dir_fd)
{
	char text[4096], *line, *last;

	read_small_file(dir_fd, "status", text, sizeof(text));
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	line++;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last ? (uint32_t)strtoul(last + 1, NULL, 10) : 0;
}

static int read_proc(uint32_t pid, struct link_proc *ret, uint32_t *ret_ppid)
{
	char path[32];
	cleanup_close int dir_fd = -1;
	struct stat sb;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fstat(dir_fd, &sb) < 0 || read_stat(dir_fd, ret, ret_ppid) < 0)
		return -ESRCH;
	ret->uid = sb.st_uid;
	ret->pid = pid_inside(dir_fd);
	read_command(dir_fd, ret);
	return 0;
}

/* Turns parents' numbers in moat-init's namespace into the container's; @outside has those of
 * @procs. */
static void translate_parents(struct link_proc *procs, size_t n, const uint32_t *outside,
			      const uint32_t *parents)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (outside[k] == parents[i])
				procs[i].ppid = procs[k].pid;
}

/* The processes that were found; @outside and @parents are numbers in moat-init's namespace. */
struct list {
	const struct cgroup *cgroup;
	struct link_proc *procs;
	uint32_t *outside, *parents;
	size_t n;
};

/* Adds a process, if it is the container's.  Return: 0; 1 when there is no room for more. */
static int add_proc(int dir_fd, const char *name, void *arg)
{
	struct list *l = arg;
	char path[PATH_MAX];
	uint32_t pid;

	(void)dir_fd;
	if (str_to_u32(name, &pid) < 0 ||
	    cgroup_find(l->cgroup, (pid_t)pid, path, sizeof(path)) < 0)
		return 0;
	l->outside[l->n] = pid;
	if (read_proc(pid, &l->procs[l->n], &l->parents[l->n]) == 0)
		l->n++;
	return l->n == LINK_PROCS_MAX;
}

int usage_procs(const struct cgroup *cg, struct link_proc **ret, size_t *ret_n)
{
	cleanup_close int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free struct link_proc *procs = calloc(LINK_PROCS_MAX, sizeof(*procs));
	cleanup_free uint32_t *outside = calloc(LINK_PROCS_MAX, sizeof(*outside));
	cleanup_free uint32_t *parents = calloc(LINK_PROCS_MAX, sizeof(*parents));
	struct list l = { cg, procs, outside, parents, 0 };
	int r;

	if (!procs || !outside || !parents)
		return -ENOMEM;
	r = proc_fd < 0 ? -errno : path_each(proc_fd, add_proc, &l);
	if (r < 0)
		return r;
	translate_parents(procs, l.n, outside, parents);
	*ret = take_ptr(procs);
	*ret_n = l.n;
	return 0;
}
