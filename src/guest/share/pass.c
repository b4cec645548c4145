/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel gives a whole request with each read and takes a whole reply
 * with each write; the port is a stream.  While the port takes no more of a request, no other one
 * is read, and replies go on being passed, so the two directions never wait for each other.  What
 * can be answered here is (quick.h), and goes to the host together with what cannot.
 *
 * A reply never makes the kernel wait.  What tells of a change may, for a lock that somebody holds
 * whose reply is still to come: that is the waker's to write, in another thread.
 *
 * The host is trusted; its messages are checked for accidents, and end the share.
 */
#include "guest/share/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/mutex.h"
#include "base/thread.h"

#define KEEP_MSEC 5 /* how long requests wait for one to go with */

int pass_new(int fuse_fd, int port_fd, struct pass **ret)
{
	/* Only pages that are used take memory. */
	struct pass *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	p->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->poke_fd < 0) {
		int code = -errno;

		munmap(p, sizeof(*p));
		return code;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->arrived, NULL);
	p->fuse_fd = fuse_fd;
	p->port_fd = port_fd;
	/* Another's port would copy the pages. */
	bulk_init(&p->bulk, bulk_port_takes_pages() ? BULK_PIPE_BYTES : 0);
	*ret = p;
	return 0;
}

static void poke_reader(const struct pass *p)
{
	const uint64_t one = 1;

	(void)!write(p->poke_fd, &one, sizeof(one));
}

/* Return: 0; -EAGAIN where the port takes no more; -errno. */
static int push_out(struct pass *p)
{
	int r;

	while (p->out_at < p->out_len) {
		ssize_t n = write(p->port_fd, p->out + p->out_at, p->out_len - p->out_at);

		p->is_full = n < 0 && errno == EAGAIN;
		if (n < 0)
			return -errno;
		p->out_at += (size_t)n;
	}
	p->out_at = p->out_len = 0;
	r = bulk_pass(&p->bulk, p->port_fd);
	p->is_full = r == -EAGAIN;
	return r;
}

static void keep_out(struct pass *p, const void *message, size_t len)
{
	memcpy(p->out + p->out_len, message, len);
	p->out_len += len;
}

/* Sends a request to the host, with all that wait before it. */
static int send_request(struct pass *p, size_t at, size_t len)
{
	size_t before = p->quick.n_waiting * sizeof(struct shares_open);

	if (before > 0) {
		memmove(p->out + at + before, p->out + at, len);
		quick_waiting(&p->quick, p->out + at);
	}
	p->out_len = at + before + len;
	return push_out(p);
}

static int reply_here(struct pass *p, const struct quick_answer *answer)
{
	if (write(p->fuse_fd, answer, answer->head.len) < 0 && errno != ENOENT && errno != EINTR)
		return -errno;
	return 0;
}

/* @at: of a request in the buffer.  Return: 1 where it can wait for others; 0; -errno. */
static int sort_request(struct pass *p, size_t at, size_t len)
{
	struct fuse_in_header *head = (void *)(p->out + at);
	struct quick_answer answer;
	enum quick_way way = quick_request(&p->quick, head, &answer);
	int r;

	if (way == QUICK_PASS)
		return send_request(p, at, len);
	r = way == QUICK_KEEP ? 0 : reply_here(p, &answer);
	if (r < 0)
		return r;
	if (way == QUICK_ANSWER)
		return 1;
	p->out_len = at + len;
	return p->out_len + QUICK_BYTES_MAX < PASS_KEPT_BYTES ? 1 : push_out(p);
}

/* Return: as sort_request(); -EAGAIN; -ENODEV when it was unmounted. */
static int take_request(struct pass *p)
{
	const size_t at = p->out_len;
	ssize_t n = bulk_take(&p->bulk, p->fuse_fd, p->out + at, PASS_FRAME_BYTES);

	if (n < 0) /* ENOENT: the request was interrupted before it was read */
		return n == -EINTR || n == -ENOENT ? 1 : (int)n;
	return sort_request(p, at, (size_t)n);
}

/* Takes requests until one cannot wait. */
static int take_requests(struct pass *p)
{
	int r;

	do {
		r = take_request(p);
	} while (r > 0);
	return r;
}

/* Sends what waited, as nothing came that it could go with. */
static int send_kept(struct pass *p)
{
	p->out_len += quick_waiting(&p->quick, p->out + p->out_len);
	return push_out(p);
}

/* @len: of the message, by its head */
static int keep_news(struct pass *p, const unsigned char *message, size_t len)
{
	struct pass_news *news;
	int r = 0;

	if (len < sizeof(struct shares_changed) ||
	    len - sizeof(struct shares_changed) >= sizeof(news->name))
		return -EBADMSG;
	mutex_hold(&p->lock);
	if (p->n_news == SHARES_WINDOW) {
		r = -EBADMSG;
	} else {
		news = &p->news[(p->first + p->n_news++) % SHARES_WINDOW];
		memcpy(&news->m, message, sizeof(news->m));
		memcpy(news->name, message + sizeof(news->m), len - sizeof(news->m));
		quick_changed(&p->quick, &news->m);
		news->name[len - sizeof(news->m)] = '\0';
		pthread_cond_signal(&p->arrived);
	}
	return r;
}

static int deliver_message(struct pass *p, const unsigned char *message,
			   const struct fuse_out_header *head)
{
	if (head->unique == 0)
		return head->error == SHARES_CHANGED ? keep_news(p, message, head->len) : -EBADMSG;
	quick_reply(&p->quick, message, head->len);
	/* ENOENT: nobody waits for the reply any more. */
	if (write(p->fuse_fd, message, head->len) < 0 && errno != ENOENT && errno != EINTR)
		return errno == EINVAL ? 0 : -errno;
	return 0;
}

/* Passes on every whole reply.  Return: 0; -errno. */
static int deliver_all(struct pass *p)
{
	struct fuse_out_header head;
	int r = 0;

	while (r == 0 && p->in_len - p->in_at >= sizeof(head)) {
		memcpy(&head, p->in + p->in_at, sizeof(head));
		if (head.len < sizeof(head) || head.len > SHARES_FRAME_MAX)
			return -EBADMSG;
		if (p->in_len - p->in_at < head.len)
			break;
		r = deliver_message(p, p->in + p->in_at, &head);
		p->in_at += head.len;
	}
	return r;
}

/* Reads what the port has; it gives a page at a time.  Return: 0; -EAGAIN; -EPIPE at the end;
 * -errno. */
static int take_replies(struct pass *p)
{
	ssize_t n;

	if (p->in_at > 0) {
		memmove(p->in, p->in + p->in_at, p->in_len - p->in_at);
		p->in_len -= p->in_at;
		p->in_at = 0;
	}
	do {
		n = read(p->port_fd, p->in + p->in_len, sizeof(p->in) - p->in_len);
		if (n > 0)
			p->in_len += (size_t)n;
	} while (n >= PASS_PORT_BYTES && p->in_len < sizeof(p->in));
	if (n < 0 && errno != EAGAIN)
		return -errno;
	return n == 0 ? -EPIPE : deliver_all(p);
}

static int tell_taken(struct pass *p)
{
	struct shares_taken m = { .head = { .len = sizeof(m), .opcode = SHARES_TAKEN } };
	uint64_t times;

	(void)!read(p->poke_fd, &times, sizeof(times));
	m.count = atomic_exchange(&p->taken, 0);
	if (m.count == 0)
		return 0;
	keep_out(p, &m, sizeof(m));
	return push_out(p);
}

static int begin_pass(struct pass *p)
{
	const struct shares_begin m = { .head = { .len = sizeof(m), .opcode = SHARES_BEGIN },
					.waker = p->waker };

	p->quick.waker = p->waker;
	keep_out(p, &m, sizeof(m));
	return push_out(p);
}

/* Return: 0; -errno at the end. */
static int take_what_came(struct pass *p, const struct pollfd *fds)
{
	int r = 0;

	if (fds[0].revents & (POLLIN | POLLHUP))
		r = take_replies(p);
	if ((r == 0 || r == -EAGAIN) && fds[0].revents & POLLOUT)
		r = push_out(p);
	if ((r == 0 || r == -EAGAIN) && !p->is_full && fds[2].revents)
		r = tell_taken(p);
	if ((r == 0 || r == -EAGAIN) && !p->is_full && fds[1].revents)
		r = take_requests(p);
	return r;
}

/* One round.  Return: 0; -errno at the end. */
static int pass_some(struct pass *p)
{
	const bool keeps = !p->is_full && (p->out_len > 0 || p->quick.n_waiting > 0);
	struct pollfd fds[] = {
		{ .fd = p->port_fd, .events = p->is_full ? POLLIN | POLLOUT : POLLIN },
		{ .fd = p->is_full ? -1 : p->fuse_fd, .events = POLLIN },
		{ .fd = p->is_full ? -1 : p->poke_fd, .events = POLLIN },
	};
	int r = poll(fds, ARRAY_SIZE(fds), keeps ? KEEP_MSEC : -1);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	r = r == 0 ? send_kept(p) : take_what_came(p, fds);
	return r == -EAGAIN ? 0 : r;
}

/*
 * Gives an error to everybody who waits for a reply.  Closing the kernel's side is not enough: the
 * waker may be writing there, and wait for a lock of one of those.  The waker may also be about to
 * write: so the descriptor's number stays taken, by a file that can be written to without harm.
 */
static void close_all(struct pass *p)
{
	if (p->dir)
		(void)umount2(p->dir, MNT_FORCE);
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->arrived);
	pthread_mutex_unlock(&p->lock);
	(void)dup3(p->poke_fd, p->fuse_fd, O_CLOEXEC);
	close(p->port_fd);
}

static void *pass_thread(void *arg)
{
	struct pass *p = arg;
	int r = begin_pass(p);

	while (!p->ending && (r == 0 || r == -EAGAIN))
		r = pass_some(p);
	close_all(p);
	return NULL;
}

int pass_start(struct pass *p)
{
	int r = thread_start(&p->thread, pass_thread, p);

	p->has_thread = r == 0;
	return r;
}

void pass_end(struct pass *p)
{
	p->ending = true;
	poke_reader(p);
	if (p->has_thread)
		pthread_join(p->thread, NULL);
	else
		close_all(p);
	p->has_thread = false;
}

void pass_free(struct pass *p)
{
	if (!p)
		return;
	close(p->fuse_fd);
	close(p->poke_fd);
	bulk_reset(&p->bulk);
	pthread_cond_destroy(&p->arrived);
	pthread_mutex_destroy(&p->lock);
	munmap(p, sizeof(*p));
}

bool pass_next_news(struct pass *p, struct pass_news *ret)
{
	bool any;

	mutex_hold(&p->lock);
	while (!p->ending && p->n_news == 0)
		pthread_cond_wait(&p->arrived, &p->lock);
	any = !p->ending;
	if (any) {
		*ret = p->news[p->first];
		p->first = (p->first + 1) % SHARES_WINDOW;
		p->n_news--;
	}
	return any;
}

void pass_taken(struct pass *p)
{
	p->taken++;
	poke_reader(p);
}
