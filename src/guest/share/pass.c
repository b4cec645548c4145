/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel gives a whole request with each read and takes a whole reply
 * with each write; the port is a stream.  While the port takes no more of a request, no other one
 * is read, and replies go on being passed, so the two directions never wait for each other.
 *
 * A reply never makes the kernel wait.  What tells of a change may, for a lock that somebody holds
 * whose reply is still to come: that is the waker's to write, in another thread.
 *
 * The host is trusted; its messages are checked for accidents, and end the share.
 */
#include "guest/share/pass.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/thread.h"

int pass_new(int fuse_fd, int port_fd, struct pass **ret)
{
	/* What is not used of it is not there. */
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
	*ret = p;
	return 0;
}

static void poke(const struct pass *p)
{
	const uint64_t one = 1;

	(void)!write(p->poke_fd, &one, sizeof(one));
}

/* Return: 0; -EAGAIN where the port takes no more; -errno. */
static int push_out(struct pass *p)
{
	while (p->out_at < p->out_len) {
		ssize_t n = write(p->port_fd, p->out + p->out_at, p->out_len - p->out_at);

		if (n < 0)
			return -errno;
		p->out_at += (size_t)n;
	}
	p->out_at = p->out_len = 0;
	return 0;
}

static int send_head(struct pass *p, const void *message, size_t len)
{
	memcpy(p->out, message, len);
	p->out_len = len;
	return push_out(p);
}

/* Return: 0; -EAGAIN; -ENODEV when it was unmounted; -errno. */
static int take_request(struct pass *p)
{
	ssize_t n = read(p->fuse_fd, p->out, sizeof(p->out));

	if (n < 0) /* ENOENT: it was interrupted before it was read */
		return errno == EINTR || errno == ENOENT ? 0 : -errno;
	p->out_len = (size_t)n;
	return push_out(p);
}

/* @len: of the message, as its head says */
static int keep_news(struct pass *p, size_t len)
{
	struct pass_news *news;
	int r = 0;

	if (len < sizeof(struct shares_changed) ||
	    len - sizeof(struct shares_changed) >= sizeof(news->name))
		return -EBADMSG;
	pthread_mutex_lock(&p->lock);
	if (p->n_news == SHARES_WINDOW) {
		r = -EBADMSG;
	} else {
		news = &p->news[(p->first + p->n_news++) % SHARES_WINDOW];
		memcpy(&news->m, p->in, sizeof(news->m));
		memcpy(news->name, p->in + sizeof(news->m), len - sizeof(news->m));
		news->name[len - sizeof(news->m)] = '\0';
		pthread_cond_signal(&p->arrived);
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

static int deliver(struct pass *p, const struct fuse_out_header *head)
{
	if (head->unique == 0)
		return head->error == SHARES_CHANGED ? keep_news(p, head->len) : -EBADMSG;
	/* ENOENT: nobody waits for it any more. */
	if (write(p->fuse_fd, p->in, head->len) < 0 && errno != ENOENT && errno != EINTR)
		return errno == EINVAL ? 0 : -errno;
	return 0;
}

/* Return: 0 when @want bytes of a message are there; -EAGAIN; -EPIPE at the end; -errno. */
static int fill_in(struct pass *p, size_t want)
{
	while (p->in_len < want) {
		ssize_t n = read(p->port_fd, p->in + p->in_len, want - p->in_len);

		if (n <= 0)
			return n == 0 ? -EPIPE : -errno;
		p->in_len += (size_t)n;
	}
	return 0;
}

/* Takes what is there, up to the end of one message.  Return: as fill_in(). */
static int take_reply(struct pass *p)
{
	struct fuse_out_header head;
	int r = fill_in(p, sizeof(head));

	if (r < 0)
		return r;
	memcpy(&head, p->in, sizeof(head));
	if (head.len < sizeof(head) || head.len > SHARES_FRAME_MAX)
		return -EBADMSG;
	r = fill_in(p, head.len);
	if (r < 0)
		return r;
	p->in_len = 0;
	return deliver(p, &head);
}

static int tell_taken(struct pass *p)
{
	struct shares_taken m = { .head = { .len = sizeof(m), .opcode = SHARES_TAKEN } };
	uint64_t times;

	(void)!read(p->poke_fd, &times, sizeof(times));
	m.count = atomic_exchange(&p->taken, 0);
	return m.count > 0 ? send_head(p, &m, sizeof(m)) : 0;
}

static int begin(struct pass *p)
{
	const struct shares_begin m = { .head = { .len = sizeof(m), .opcode = SHARES_BEGIN },
					.waker = p->waker };

	return send_head(p, &m, sizeof(m));
}

/* One round.  Return: 0; -errno at the end. */
static int pass_some(struct pass *p)
{
	const bool is_full = p->out_len > 0;
	struct pollfd fds[] = {
		{ .fd = p->port_fd, .events = is_full ? POLLIN | POLLOUT : POLLIN },
		{ .fd = is_full ? -1 : p->fuse_fd, .events = POLLIN },
		{ .fd = is_full ? -1 : p->poke_fd, .events = POLLIN },
	};
	int r = 0;

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents & (POLLIN | POLLHUP))
		r = take_reply(p);
	if ((r == 0 || r == -EAGAIN) && fds[0].revents & POLLOUT)
		r = push_out(p);
	if ((r == 0 || r == -EAGAIN) && p->out_len == 0 && fds[2].revents)
		r = tell_taken(p);
	if ((r == 0 || r == -EAGAIN) && p->out_len == 0 && fds[1].revents)
		r = take_request(p);
	return r == -EAGAIN ? 0 : r;
}

/* The kernel's side is closed with the last descriptor: whoever waits for a reply gets an error. */
static void close_all(struct pass *p)
{
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->arrived);
	pthread_mutex_unlock(&p->lock);
	close(p->fuse_fd);
	close(p->port_fd);
}

static void *pass_thread(void *arg)
{
	struct pass *p = arg;
	int r = begin(p);

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
	poke(p);
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
	close(p->poke_fd);
	pthread_cond_destroy(&p->arrived);
	pthread_mutex_destroy(&p->lock);
	munmap(p, sizeof(*p));
}

bool pass_next_news(struct pass *p, struct pass_news *ret)
{
	bool any;

	pthread_mutex_lock(&p->lock);
	while (!p->ending && p->n_news == 0)
		pthread_cond_wait(&p->arrived, &p->lock);
	any = !p->ending;
	if (any) {
		*ret = p->news[p->first];
		p->first = (p->first + 1) % SHARES_WINDOW;
		p->n_news--;
	}
	pthread_mutex_unlock(&p->lock);
	return any;
}

void pass_taken(struct pass *p)
{
	p->taken++;
	poke(p);
}
