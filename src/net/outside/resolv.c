/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The file may be written in place, replaced, or be a link to one that is,
 * by whatever the host configures its network with.  So the folder of the file is watched, and the
 * folder of what it leads to, for anything that happens to a file of that name; and the file
 * itself, which may be mounted there from elsewhere.  Whenever something happens, all are looked up
 * again.
 *
 * The file is the host's, and not trusted to be well-formed.
 */
#include "net/outside/resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path-text.h"
#include "base/str.h"

#define RESOLV_FILE "/etc/resolv.conf"
#define FILE_MAX    65536u

/* Events of a file that is written, replaced, made or removed. */
#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)

#define FILE_CHANGES (IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct resolv {
	struct loop *loop;
	resolv_fn fn;
	void *arg;
	int fd; /* of inotify */
	struct source *source;
	int folder, target_folder, file; /* watches; -1 */
	char target[NAME_MAX + 1];	 /* name of the file that RESOLV_FILE leads to */
	struct wire_resolver list[WIRE_RESOLVERS_MAX];
	uint32_t n;
};

static bool parse_resolver(char *text, struct wire_resolver *ret)
{
	struct wire_resolver found = { 0 };
	char *scope = strchr(text, '%');

	if (scope) {
		*scope++ = '\0';
		found.scope = if_nametoindex(scope);
		if (found.scope == 0 && str_to_u32(scope, &found.scope) < 0)
			return false;
	}
	if (ip_parse(text, &found.ip) < 0)
		return false;
	*ret = found;
	return true;
}

/* Reads a line: "nameserver ADDRESS", and perhaps more behind it. */
static bool parse_line(const char *line, size_t len, struct wire_resolver *ret)
{
	char text[IP_TEXT_MAX + IFNAMSIZ + 32], *rest = text, *word;

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, line, len);
	text[len] = '\0';
	word = strsep(&rest, " \t\r");
	if (!word || !streq(word, "nameserver"))
		return false;
	while ((word = strsep(&rest, " \t\r")))
		if (*word)
			return parse_resolver(word, ret);
	return false;
}

uint32_t resolv_parse(const char *text, size_t len, struct wire_resolver ret[WIRE_RESOLVERS_MAX])
{
	const char *end = text + len;
	uint32_t n = 0;

	while (text < end && n < WIRE_RESOLVERS_MAX) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		n += parse_line(text, (size_t)(line_end - text), &ret[n]);
		text = line_end + 1;
	}
	if (n == 0)
		ret[n++] = (struct wire_resolver){ .ip = { AF_INET, { 127, 0, 0, 1 } } };
	return n;
}

/* Watches the folder of the file that RESOLV_FILE leads to, where that is another folder. */
static void watch_target(struct resolv *r)
{
	char path[PATH_MAX];
	cleanup_free char *folder = NULL, *name = NULL;

	/* A link within the folder needs no watch of its own. */
	if (r->target_folder >= 0 && r->target_folder != r->folder)
		inotify_rm_watch(r->fd, r->target_folder);
	if (r->file >= 0)
		inotify_rm_watch(r->fd, r->file);
	r->file = inotify_add_watch(r->fd, RESOLV_FILE, FILE_CHANGES);
	r->target_folder = -1;
	*r->target = '\0';
	if (!realpath(RESOLV_FILE, path) || streq(path, RESOLV_FILE))
		return;
	folder = path_dir(path);
	name = path_base(path);
	if (!folder || !name)
		return;
	snprintf(r->target, sizeof(r->target), "%s", name);
	r->target_folder = inotify_add_watch(r->fd, folder, CHANGES | IN_ONLYDIR);
}

static void read_resolvers(struct resolv *r)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct wire_resolver list[WIRE_RESOLVERS_MAX] = { 0 };
	uint32_t n;

	/* A file that is missing, or unreadable, is like an empty one. */
	if (file_read_at(AT_FDCWD, RESOLV_FILE, FILE_MAX, &text) < 0)
		buf_reset(&text);
	n = resolv_parse(text.data ? text.data : "", text.len, list);
	if (n == r->n && memcmp(list, r->list, sizeof(list)) == 0)
		return;
	memcpy(r->list, list, sizeof(list));
	r->n = n;
	r->fn(r->list, r->n, r->arg);
}

static bool event_concerns(const struct resolv *r, const struct inotify_event *e)
{
	const char *name = e->len > 0 ? e->name : "";

	if ((e->mask & IN_Q_OVERFLOW) || e->wd == r->file ||
	    ((e->mask & IN_IGNORED) && e->wd == r->target_folder))
		return true;
	return (e->wd == r->folder && streq(name, "resolv.conf")) ||
	       (e->wd == r->target_folder && streq(name, r->target));
}

static int file_changed(struct source *s, int fd, uint32_t events, void *arg)
{
	_Alignas(struct inotify_event) char room[4096];
	struct resolv *r = arg;
	bool concerned = false;
	ssize_t n = read(fd, room, sizeof(room));

	(void)s;
	(void)events;
	for (char *at = room; n > 0 && at < room + n;) {
		const struct inotify_event *e = (const struct inotify_event *)(void *)at;

		concerned = concerned || event_concerns(r, e);
		at += sizeof(*e) + e->len;
	}
	if (concerned) {
		watch_target(r);
		read_resolvers(r);
	}
	return 0;
}

int resolv_watch(struct loop *loop, resolv_fn fn, void *arg, struct resolv **ret)
{
	struct resolv *r = calloc(1, sizeof(*r));
	int code;

	if (!r)
		return -ENOMEM;
	*r = (struct resolv){
		.loop = loop, .fn = fn, .arg = arg, .folder = -1, .file = -1, .target_folder = -1
	};
	r->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	code = r->fd < 0 ? -errno : loop_add_io(loop, r->fd, EPOLLIN, file_changed, r, &r->source);
	if (code < 0) {
		resolv_free(r);
		return code;
	}
	r->folder = inotify_add_watch(r->fd, "/etc", CHANGES | IN_ONLYDIR);
	watch_target(r);
	read_resolvers(r);
	*ret = r;
	return 0;
}

void resolv_free(struct resolv *r)
{
	if (!r)
		return;
	source_free(r->source);
	fd_close(&r->fd);
	free(r);
}
