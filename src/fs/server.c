/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One worker at a time, the leader, waits for a request, and works on it at
 * once where it can be answered at once.  Before work that may have to wait, for a disk or somebody
 * else, it lets another one lead.  So a request that is answered from the host's memory costs no
 * change of threads, and a slow request holds up nobody.
 *
 * A request that is malformed ends the port: what the guest has mounted is then of no use to it,
 * and nothing else happens.
 */
#include "fs/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "fs/call.h"
#include "fs/creds.h"
#include "fs/dirs.h"
#include "fs/open.h"
#include "fs/reach.h"
#include "fs/watch.h"

#define OUT_BYTES    (SHARES_WRITE_MAX + 8192)
#define SOCKET_BYTES (1 << 20)
#define KEPT_FDS_MAX 8192
#define PINNED_MAX   32768
#define OTHER_FDS    1024 /* descriptors beside those of nodes and open files */

/* Reads no more from the port; the guest finds nobody there. */
static void end_service(struct server *s)
{
	const uint64_t one = 1;

	if (atomic_exchange(&s->ended, true))
		return;
	shutdown(s->port, SHUT_RDWR);
	(void)!write(s->ended_fd, &one, sizeof(one));
}

int server_enter_thread(struct server *s)
{
	return creds_begin(s->self_fd);
}

void server_send(struct server *s, struct iovec *iov, int n)
{
	mutex_hold(&s->writing);
	if (stream_send(s->port, iov, n) < 0)
		end_service(s);
}

void call_answer(struct server *s, uint64_t unique, int result, const void *payload, size_t len)
{
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + len),
					.error = result,
					.unique = unique };
	struct iovec iov[] = { { &head, sizeof(head) }, { (void *)(uintptr_t)payload, len } };

	if (unique != 0)
		server_send(s, iov, ARRAY_SIZE(iov));
}

/* Sends a reply.  Changes heard of meanwhile are checked with the port in hand: one heard of later
 * is told after this reply. */
static void reply_to(struct call *c, int result)
{
	struct server *s = c->s;
	struct fuse_out_header head = { .error = result, .unique = c->rq.head->unique };
	struct iovec iov[] = { { &head, sizeof(head) }, { c->out, result == 0 ? c->out_len : 0 } };

	head.len = (uint32_t)(iov[0].iov_len + iov[1].iov_len);
	mutex_hold(&s->writing);
	if (result == 0 && c->devalue && s->changes != c->changes)
		c->devalue(c->out, c->out_len);
	if (stream_send(s->port, iov, ARRAY_SIZE(iov)) < 0)
		end_service(s);
}

static int work_on(struct call *c, const void *message, size_t len)
{
	const struct operation *op;
	int r = request_parse(message, len, c->s->xattr_ext, &c->rq);

	if (r < 0)
		return r;
	op = operation_of(c->rq.head->opcode);
	if (op && !op->early && !c->s->started)
		return -EBADMSG;
	c->changes = c->s->changes;
	if (op && op->slow)
		call_may_wait(c);
	r = op ? op->fn(c) : -ENOSYS;
	call_over(c);
	if (r != CALL_SILENT && c->rq.head->unique != 0)
		reply_to(c, r);
	return 0;
}

/* Reads and works for as long as this worker leads.  Return: false at the end. */
static bool lead_workers(struct server *s, unsigned char *in, unsigned char *out)
{
	struct call c = { .s = s, .out = out, .leads = true };
	ssize_t n = 1;
	int r = 0;

	while (c.leads && r == 0) {
		c.out_len = 0;
		c.devalue = NULL;
		n = s->ended ? 0 : stream_next(&s->in, in);
		if (n <= 0)
			break;
		r = work_on(&c, in, (size_t)n);
	}
	if (n < 0 || r < 0) {
		log_error("what comes from the guest is no request (%s); its mounts are ended",
			  strerror(n < 0 ? (int)-n : -r));
		end_service(s);
	}
	if (n == 0)
		end_service(s);
	if (c.leads)
		pthread_mutex_unlock(&s->reading);
	return n > 0 && r == 0;
}

static void *worker_thread(void *arg)
{
	struct server *s = arg;
	unsigned char *in = mmap(NULL, SHARES_FRAME_MAX + OUT_BYTES, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool goes_on = in != MAP_FAILED && server_enter_thread(s) == 0;

	if (!goes_on)
		end_service(s);
	while (goes_on) {
		s->n_waiting++;
		pthread_mutex_lock(&s->reading);
		s->n_waiting--;
		goes_on = lead_workers(s, in, in + SHARES_FRAME_MAX);
	}
	if (in != MAP_FAILED)
		munmap(in, SHARES_FRAME_MAX + OUT_BYTES);
	return NULL;
}

static int add_worker(struct server *s)
{
	int r = thread_start(&s->workers[s->n_workers], worker_thread, s);

	if (r == 0)
		s->n_workers++;
	return r;
}

void call_may_wait(struct call *c)
{
	struct server *s = c->s;

	if (!c->leads)
		return;
	/* Without another worker, requests wait until this one is done. */
	if (s->n_waiting == 0 && (s->n_workers == WORKERS_MAX || add_worker(s) < 0))
		return;
	c->leads = false;
	pthread_mutex_unlock(&s->reading);
}

static int add_share(struct server *s, const struct fs_share *share, struct err *err)
{
	cleanup_close int fd = fcntl(share->fd, F_DUPFD_CLOEXEC, 0);
	struct share_root *root = &s->shares[s->n_shares];
	struct node_key key;
	struct statx st;
	int r;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st) < 0)
		return err_errno(err, -errno, "share %zu", s->n_shares);
	key = node_key_of(&st, !share->read_only);
	r = nodes_add_share(&s->nodes, &key, st.stx_mode, fd, &root->node);
	if (r < 0)
		return err_errno(err, r, "share %zu", s->n_shares);
	(void)take_fd(&fd);
	root->writable = !share->read_only;
	s->twins |= s->n_shares > 0 && root->writable != s->shares[0].writable;
	s->n_shares++;
	return 0;
}

static size_t fds_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 4 * OTHER_FDS)
		return 2 * OTHER_FDS;
	return (size_t)limit.rlim_cur - OTHER_FDS;
}

static int init_parts(struct server *s)
{
	size_t fds = fds_limit(), kept = fds / 4 < KEPT_FDS_MAX ? fds / 4 : KEPT_FDS_MAX;
	size_t pinned = fds / 4 < PINNED_MAX ? fds / 4 : PINNED_MAX;
	int r = nodes_init(&s->nodes, kept, pinned);

	s->nodes.freed = watch_freed;
	s->nodes.arg = s;
	/* A file that the guest has open takes a descriptor, and its node another one. */
	files_init(&s->files, (fds - kept - pinned) / 2);
	s->files.gone = open_gone;
	s->files.arg = s;
	locks_init(&s->locks, s);
	devices_init(&s->devices);
	pthread_mutex_init(&s->reading, NULL);
	pthread_mutex_init(&s->writing, NULL);
	if (r == 0)
		r = stream_init(&s->in, s->port);
	s->dirs = r == 0 ? dirs_new(&s->nodes) : NULL;
	return r == 0 && !s->dirs ? -ENOMEM : r;
}

/* Throws away bytes that an earlier container of the machine has left, and tells the guest where
 * its own begin. */
static int greet_guest(struct server *s)
{
	struct shares_hello hello = { .head = { sizeof(hello), SHARES_HELLO, 0 } };
	struct iovec iov = { &hello, sizeof(hello) };
	char rest[4096];

	memcpy(hello.magic, SHARES_MAGIC, SHARES_MAGIC_N);
	while (recv(s->port, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		continue;
	return stream_send(s->port, &iov, 1);
}

static int begin_service(struct server *s, const struct server_options *o, struct err *err)
{
	const int bytes = SOCKET_BYTES;
	int r = init_parts(s);

	if (r < 0)
		return err_errno(err, r, "memory of the server");
	(void)setsockopt(s->port, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	for (size_t i = 0; r == 0 && i < o->n_shares; i++)
		r = add_share(s, &o->shares[i], err);
	if (r < 0)
		return r;
	r = watcher_new(s, &s->watcher);
	if (r < 0)
		log_warning("changes on the host are not told of, and nothing is kept: %s",
			    strerror(-r));
	r = greet_guest(s);
	if (r == 0)
		r = add_worker(s);
	return r < 0 ? err_errno(err, r, "port") : 0;
}

int server_new(const struct server_options *o, struct server **ret, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_nomem(err);
	s->port = o->port;
	s->ended_fd = o->ended_fd;
	s->self_fd = o->self_fd;
	s->bounded = o->bounded;
	r = begin_service(s, o, err);
	if (r < 0) {
		s->port = -1;
		server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	if (s->port >= 0)
		end_service(s);
	watcher_stop(s->watcher);
	/* The list grows only while somebody leads. */
	for (size_t i = 0; i < s->n_workers; i++)
		pthread_join(s->workers[i], NULL);
	locks_reset(&s->locks);
	files_reset(&s->files);
	dirs_free(s->dirs);
	watcher_free(s->watcher);
	nodes_reset(&s->nodes);
	stream_reset(&s->in);
	pthread_mutex_destroy(&s->reading);
	pthread_mutex_destroy(&s->writing);
	if (s->port >= 0)
		close(s->port);
	free(s);
}
