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
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned tried, failed;
bool probe_is_root;

void probe_note(bool holds, const char *what, const char *file, int line)
{
	int code = errno;

	(void)file;
	tried++;
	if (holds)
		return;
	failed++;
	printf("%d: %s (%s)\n", line, what, strerror(code));
}

struct stat probe_st(const char *path)
{
	struct stat st = { 0 };

	HOLDS(lstat(path, &st) == 0);
	return st;
}

void probe_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	HOLDS(fd >= 0);
	HOLDS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	HOLDS(close(fd) == 0);
}

bool probe_has(const char *path, const char *text)
{
	char got[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof(got));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

/* Has a child do it: POSIX locks are a process's.  Return: what it returned, as an exit code. */
int probe_in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static const struct {
	const char *name;
	void (*fn)(void);
} parts[] = {
	{ "names", probe_names },	{ "kinds", probe_kinds },
	{ "links", probe_links },	{ "moves", probe_moves },
	{ "gone", probe_gone },		{ "content", probe_content },
	{ "big", probe_big },		{ "maps", probe_maps },
	{ "locks", probe_locks },	{ "attributes", probe_attributes },
	{ "owners", probe_owners },	{ "watching", probe_watching },
	{ "together", probe_together },
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
	probe_is_root = geteuid() == 0;
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
