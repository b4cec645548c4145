/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile guest's requests to a file server, in a scratch tree: a writable and a read-only share,
 * and beside them what is not shared, to which links in the writable one lead.
 *
 * An input is a row of records, each with what follows it (struct record).  Before them come
 * requests that begin in order, unless the first record says otherwise: so the shares are nodes 2
 * and 3, what is in them 4 to 9.
 *
 * Whatever is asked, what is not shared is neither read nor changed, nor is what is read-only, and
 * each reply has the form of one.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/path.h"
#include "fs/server.h"
#include "link/shares.h"

#define SECRET	   "what no guest may read"
#define WAKER	   7u
#define BYTES_MAX  (1u << 17) /* of all requests of an input */
#define FILE_MAX   (1u << 20)
#define OP_OWN	   253 /* and what follows: moat's own */
#define UNIQUE_MIN 100u

enum how {
	PLAIN,
	LIES, /* about its length: what follows begins with another one */
	RAW,  /* there is no head */
	FAR,  /* what follows begins with the node's number */
	NO_PROLOGUE,
	N_HOWS,
};

struct record {
	uint16_t len; /* of what follows */
	uint8_t opcode, node, who, how;
};

static const struct {
	uint32_t uid, gid, pid;
} users[] = {
	{ 0, 0, 1 },
	{ 1000, 1000, 1 },
	{ 0, SHARES_GID_CREATE, WAKER },
	{ 0, SHARES_GID_REMOVE, WAKER },
	{ 0, SHARES_GID_REMOVE_DIR, WAKER },
	{ 0, SHARES_GID_TOUCH, WAKER },
	{ UINT32_MAX, UINT32_MAX, 1 },
};

/* What must not change. */
static const char *const kept[] = { "outside", "outside/secret", "ro",
				    "ro/file", "ro/dir",	 "ro/dir/inner" };

static struct {
	char path[64];
	int fd;
	struct stat kept[ARRAY_SIZE(kept)];
	unsigned n_inputs;
} scratch;

/* All requests of an input. */
struct stream_out {
	unsigned char bytes[BYTES_MAX];
	size_t len, at;
	uint64_t unique;
};

static void put_file(int dir_fd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", name);
}

static void make_share(int at, const char *name)
{
	cleanup_close int fd = -1;

	if (mkdirat(at, name, 0755) < 0)
		err(1, "%s", name);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_file(fd, "file", "content");
	if (fd < 0 || mkdirat(fd, "dir", 0755) < 0)
		err(1, "%s/dir", name);
	put_file(fd, "dir/inner", "inner");
}

static void remove_scratch(void)
{
	(void)path_remove_tree(AT_FDCWD, scratch.path);
}

static void note_kept(struct stat *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (fstatat(scratch.fd, kept[i], &ret[i], AT_SYMLINK_NOFOLLOW) < 0)
			abort();
}

static void make_scratch(void)
{
	const struct rlimit files = { FILE_MAX, FILE_MAX };
	const char *tmp = getenv("TMPDIR");

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &files);
	snprintf(scratch.path, sizeof(scratch.path), "%.32s/moat-fuzz-fs-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch.path))
		err(1, "%s", scratch.path);
	atexit(remove_scratch);
	scratch.fd = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch.fd < 0 || mkdirat(scratch.fd, "outside", 0755) < 0)
		err(1, "%s", scratch.path);
	put_file(scratch.fd, "outside/secret", SECRET);
	make_share(scratch.fd, "ro");
	note_kept(scratch.kept);
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void check_kept(void)
{
	struct stat now[ARRAY_SIZE(kept)];

	note_kept(now);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (now[i].st_ino != scratch.kept[i].st_ino ||
		    now[i].st_nlink != scratch.kept[i].st_nlink ||
		    !same_time(now[i].st_mtim, scratch.kept[i].st_mtim) ||
		    !same_time(now[i].st_ctim, scratch.kept[i].st_ctim))
			abort();
}

/* @ret: O_PATH of both shares */
static void open_shares(const char *name, struct fs_share *ret)
{
	char path[64];

	make_share(scratch.fd, name);
	snprintf(path, sizeof(path), "%s/link", name);
	if (symlinkat("../outside/secret", scratch.fd, path) < 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/up", name);
	if (symlinkat("../outside", scratch.fd, path) < 0)
		err(1, "%s", path);
	ret[0].fd = openat(scratch.fd, name, O_PATH | O_CLOEXEC);
	ret[1] = (struct fs_share){ openat(scratch.fd, "ro", O_PATH | O_CLOEXEC), true };
	if (ret[0].fd < 0 || ret[1].fd < 0)
		err(1, "shares");
}

static void append(struct stream_out *out, const void *data, size_t len)
{
	if (len > sizeof(out->bytes) - out->len)
		len = sizeof(out->bytes) - out->len;
	memcpy(out->bytes + out->len, data, len);
	out->len += len;
}

static void ask(struct stream_out *out, uint32_t opcode, uint64_t node, const void *body,
		size_t len)
{
	const struct fuse_in_header head = { .len = (uint32_t)(sizeof(head) + len),
					     .opcode = opcode,
					     .unique = out->unique++,
					     .nodeid = node,
					     .pid = 1 };

	append(out, &head, sizeof(head));
	append(out, body, len);
}

static void begin_in_order(struct stream_out *out)
{
	const struct fuse_init_in init = { .major = FUSE_KERNEL_VERSION,
					   .minor = FUSE_KERNEL_MINOR_VERSION,
					   .flags = UINT32_MAX,
					   .flags2 = UINT32_MAX };
	const uint32_t begin[2] = { WAKER, 0 };
	static const struct {
		uint64_t dir;
		const char *name;
	} first[] = { { 1, "0" },    { 1, "1" },    { 2, "file" }, { 2, "dir" },
		      { 2, "link" }, { 3, "file" }, { 3, "dir" },  { 5, "inner" } };

	ask(out, FUSE_INIT, 0, &init, sizeof(init));
	ask(out, SHARES_BEGIN, 0, begin, sizeof(begin));
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		ask(out, FUSE_LOOKUP, first[i].dir, first[i].name, strlen(first[i].name) + 1);
}

static void take(const uint8_t **data, size_t *size, void *ret, size_t len)
{
	if (len > *size)
		len = *size;
	memcpy(ret, *data, len);
	*data += len;
	*size -= len;
}

static uint32_t opcode_of(uint8_t byte)
{
	static const uint32_t own[] = { SHARES_OPEN, SHARES_BEGIN, SHARES_TAKEN };

	return byte < OP_OWN ? byte : own[byte - OP_OWN];
}

static void add_record(struct stream_out *out, const struct record *r, const uint8_t *data,
		       size_t size)
{
	const size_t who = r->who % ARRAY_SIZE(users);
	struct fuse_in_header head = { .opcode = opcode_of(r->opcode),
				       .unique = out->unique++,
				       .nodeid = r->node,
				       .uid = users[who].uid,
				       .gid = users[who].gid,
				       .pid = users[who].pid };

	if (r->how % N_HOWS == FAR)
		take(&data, &size, &head.nodeid, sizeof(head.nodeid));
	head.len = (uint32_t)(sizeof(head) + size);
	if (r->how % N_HOWS == LIES)
		take(&data, &size, &head.len, sizeof(head.len));
	if (r->how % N_HOWS != RAW)
		append(out, &head, sizeof(head));
	append(out, data, size);
}

static void write_requests(struct stream_out *out, const uint8_t *data, size_t size)
{
	bool first = true;

	while (size >= sizeof(struct record) || first) {
		struct record r = { 0 };
		size_t len;

		take(&data, &size, &r, sizeof(r));
		if (first && r.how % N_HOWS != NO_PROLOGUE)
			begin_in_order(out);
		len = r.len < size ? r.len : size;
		if (!first || len > 0 || r.opcode)
			add_record(out, &r, data, len);
		data += len;
		size -= len;
		first = false;
	}
}

/* What is read of replies, of which a part may be to come. */
struct replies {
	unsigned char bytes[2 * SHARES_FRAME_MAX];
	size_t len;
};

static void check_reply(const struct fuse_out_header *head)
{
	if (head->unique == 0)
		return;
	if (head->error > 0 || head->error < -4095)
		abort();
	if (head->error < 0 && head->len != sizeof(*head))
		abort();
}

static void check_replies(struct replies *in)
{
	size_t at = 0;

	if (memmem(in->bytes, in->len, SECRET, strlen(SECRET)))
		abort();
	while (in->len - at >= sizeof(struct fuse_out_header)) {
		struct fuse_out_header head;

		memcpy(&head, in->bytes + at, sizeof(head));
		if (head.len < sizeof(head) || head.len > SHARES_FRAME_MAX)
			abort();
		if (in->len - at < head.len)
			break;
		check_reply(&head);
		at += head.len;
	}
	memmove(in->bytes, in->bytes + at, in->len - at);
	in->len -= at;
}

/* Return: false at the end. */
static bool read_some(int fd, struct replies *in)
{
	ssize_t n = recv(fd, in->bytes + in->len, sizeof(in->bytes) - in->len, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	check_replies(in);
	return true;
}

static void write_some(int fd, struct stream_out *out)
{
	ssize_t n = send(fd, out->bytes + out->at, out->len - out->at, MSG_DONTWAIT);

	if (n > 0)
		out->at += (size_t)n;
	else if (errno != EAGAIN)
		out->at = out->len; /* the server wants no more */
	if (out->at == out->len)
		(void)shutdown(fd, SHUT_WR);
}

static void talk(int fd, struct stream_out *out)
{
	static struct replies in;
	struct pollfd p = { .fd = fd };

	in.len = 0;
	if (out->len == 0)
		(void)shutdown(fd, SHUT_WR);
	do {
		p.events = out->at < out->len ? POLLIN | POLLOUT : POLLIN;
		p.revents = 0;
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			err(1, "poll");
		if (p.revents & POLLOUT)
			write_some(fd, out);
	} while (!(p.revents & (POLLIN | POLLHUP)) || read_some(fd, &in));
}

static void serve(const struct fs_share *shares, struct stream_out *out)
{
	cleanup_close int self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ours = -1;
	struct server_options o = {
		.ended_fd = ended_fd, .self_fd = self_fd, .shares = shares, .n_shares = 2
	};
	struct server *server;
	struct err error;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		err(1, "socketpair");
	ours = pair[0];
	o.port = pair[1];
	if (server_new(&o, &server, &error) < 0)
		errx(1, "%s", error.msg);
	talk(ours, out);
	server_free(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream_out out;
	struct fs_share shares[2] = { 0 };
	char name[32];

	/* A guest that knows it may write it. */
	if (memmem(data, size, SECRET, strlen(SECRET)))
		return 0;
	if (scratch.n_inputs++ == 0)
		make_scratch();
	snprintf(name, sizeof(name), "rw%u", scratch.n_inputs);
	open_shares(name, shares);
	out.len = out.at = 0;
	out.unique = UNIQUE_MIN;
	write_requests(&out, data, size);
	serve(shares, &out);
	close(shares[0].fd);
	close(shares[1].fd);
	check_kept();
	(void)path_remove_tree(scratch.fd, name);
	return 0;
}
