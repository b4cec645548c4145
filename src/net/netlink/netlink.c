/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One request is under way at a time.  The kernel does what it is asked for
 * while the request is being sent, and its answer waits in the socket then; that there is a
 * deadline is for kernels that are out of memory.
 */
#include "net/netlink/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/buf.h"

#define TIMEOUT_SEC   5
#define RECEIVE_BYTES 32768
#define LIST_TRIES    8

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
};

int netlink_new(struct netlink **ret)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_SEC };
	struct netlink *nl = calloc(1, sizeof(*nl));
	int r;

	if (!nl)
		return -ENOMEM;
	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		r = -errno;
		netlink_free(nl);
		return r;
	}
	*ret = nl;
	return 0;
}

void netlink_free(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

void *netlink_begin(struct netlink_request *rq, uint16_t type, uint16_t flags, size_t size)
{
	rq->head = mnl_nlmsg_put_header(rq->room);
	rq->head->nlmsg_type = type;
	rq->head->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(rq->head, size);
}

static int ask_kernel(struct netlink *nl, struct netlink_request *rq, uint16_t flags)
{
	rq->head->nlmsg_flags |= flags;
	rq->head->nlmsg_seq = ++nl->sequence;
	return mnl_socket_sendto(nl->socket, rq->head, rq->head->nlmsg_len) < 0 ? -errno : 0;
}

/* Does the kernel say that the list changed while it wrote it?  libmnl would take that for an
 * error, so the mark is taken off. */
static bool take_changed_mark(char *messages, ssize_t n)
{
	bool changed = false;
	int left = (int)n;

	for (struct nlmsghdr *head = (void *)messages; mnl_nlmsg_ok(head, left);
	     head = mnl_nlmsg_next(head, &left)) {
		changed = changed || (head->nlmsg_flags & NLM_F_DUMP_INTR);
		head->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
	return changed;
}

/* Return: the length of what was received; -ETIMEDOUT; -errno. */
static ssize_t receive_message(const struct netlink *nl, char room[RECEIVE_BYTES])
{
	ssize_t n;

	do {
		n = mnl_socket_recvfrom(nl->socket, room, RECEIVE_BYTES);
	} while (n < 0 && errno == EINTR);
	return n >= 0 ? n : errno == EAGAIN ? -ETIMEDOUT : -errno;
}

/* Reads answers until the kernel says that these are all.  Return: 0; 1 when what they list changed
 * meanwhile; -errno. */
static int read_answer(const struct netlink *nl, mnl_cb_t fn, void *arg)
{
	_Alignas(8) char room[RECEIVE_BYTES];
	bool changed = false;
	int r = MNL_CB_OK;

	while (r == MNL_CB_OK) {
		ssize_t n = receive_message(nl, room);

		if (n < 0)
			return (int)n;
		changed = take_changed_mark(room, n) || changed;
		errno = 0;
		r = mnl_cb_run(room, (size_t)n, nl->sequence, mnl_socket_get_portid(nl->socket), fn,
			       arg);
	}
	if (r < 0)
		return errno ? -errno : -EBADMSG;
	return changed;
}

int netlink_call(struct netlink *nl, struct netlink_request *rq)
{
	int r = ask_kernel(nl, rq, NLM_F_ACK);

	if (r == 0)
		r = read_answer(nl, NULL, NULL);
	return r < 0 ? r : 0;
}

struct list {
	struct buf messages;
	bool lacks_memory;
};

/* What there is no memory for is thrown away, as the next answer is behind it in the socket. */
static int keep_message(const struct nlmsghdr *head, void *arg)
{
	struct list *list = arg;

	if (!list->lacks_memory && buf_add(&list->messages, head, NLMSG_ALIGN(head->nlmsg_len)) < 0)
		list->lacks_memory = true;
	return MNL_CB_OK;
}

static int tell_each(const struct buf *messages, netlink_fn fn, void *arg)
{
	int r = 0;

	for (size_t at = 0; r >= 0 && at < messages->len;) {
		const struct nlmsghdr *head = (const void *)(messages->data + at);

		r = fn(head, arg);
		at += NLMSG_ALIGN(head->nlmsg_len);
	}
	return r;
}

/* A list that changed while it was written may lack some of what was there all the while, and is
 * asked for again; on a host that never rests the last one has to do. */
int netlink_dump(struct netlink *nl, struct netlink_request *rq, netlink_fn fn, void *arg)
{
	struct list list = { .messages = BUF_INIT };
	int r = 1;

	for (int i = 0; i < LIST_TRIES && r > 0; i++) {
		list.messages.len = 0;
		r = ask_kernel(nl, rq, NLM_F_DUMP);
		if (r == 0)
			r = read_answer(nl, keep_message, &list);
		if (list.lacks_memory)
			r = -ENOMEM;
	}
	if (r >= 0)
		r = tell_each(&list.messages, fn, arg);
	buf_reset(&list.messages);
	return r;
}

int netlink_monitor(int protocol, const int *groups, size_t n, int *ret_fd)
{
	const struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

void netlink_drain(int fd)
{
	char room[8192];

	/* The socket's overflow (ENOBUFS) is no loss: what it says is thrown away. */
	while (read(fd, room, sizeof(room)) > 0 || errno == ENOBUFS || errno == EINTR)
		errno = 0;
}
