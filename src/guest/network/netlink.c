/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Requests lie one after the other, each a multiple of four bytes long, and
 * are numbered from 1.  The kernel answers each that fails, and the last one in any case, as that
 * alone asks for it; so where all goes well there is one answer.
 */
#include "guest/network/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macro.h"

#define ANSWER_MAX KIB(16) /* an error repeats the request */

void netlink_batch_reset(struct netlink_batch *b)
{
	buf_reset(&b->bytes);
	*b = (struct netlink_batch){ 0 };
}

static void add_padded(struct netlink_batch *b, const void *data, size_t len)
{
	static const char zeros[NLMSG_ALIGNTO];
	int r = b->failed;

	if (r == 0)
		r = buf_add(&b->bytes, data, len);
	if (r == 0)
		r = buf_add(&b->bytes, zeros, NLMSG_ALIGN(len) - len);
	b->failed = r;
}

static struct nlmsghdr *last_header(const struct netlink_batch *b)
{
	return (struct nlmsghdr *)(void *)(b->bytes.data + b->last);
}

static void close_request(struct netlink_batch *b)
{
	if (b->failed == 0)
		last_header(b)->nlmsg_len = (uint32_t)(b->bytes.len - b->last);
}

void netlink_begin(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *head,
		   size_t len, const struct netlink_note *note)
{
	const struct nlmsghdr h = { .nlmsg_type = type,
				    .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST),
				    .nlmsg_seq = (uint32_t)b->n + 1 };

	if (b->n == NETLINK_REQUESTS_MAX)
		b->failed = -E2BIG;
	if (b->failed < 0)
		return;
	b->notes[b->n++] = *note;
	b->last = b->bytes.len;
	add_padded(b, &h, sizeof(h));
	add_padded(b, head, len);
	close_request(b);
}

void netlink_bytes(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	const struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type };

	add_padded(b, &a, sizeof(a));
	add_padded(b, data, len);
	close_request(b);
}

void netlink_u8(struct netlink_batch *b, uint16_t type, uint8_t value)
{
	netlink_bytes(b, type, &value, sizeof(value));
}

void netlink_u32(struct netlink_batch *b, uint16_t type, uint32_t value)
{
	netlink_bytes(b, type, &value, sizeof(value));
}

void netlink_text(struct netlink_batch *b, uint16_t type, const char *text)
{
	netlink_bytes(b, type, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *b, uint16_t type)
{
	size_t at = b->bytes.len;

	netlink_bytes(b, type, "", 0);
	return at;
}

void netlink_unnest(struct netlink_batch *b, size_t at)
{
	struct nlattr *a;

	if (b->failed < 0)
		return;
	a = (struct nlattr *)(void *)(b->bytes.data + at);
	a->nla_len = (uint16_t)(b->bytes.len - at);
}

int netlink_open(int *ret_fd)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Notes the first failure in @err.  Return: 1 for the answer to the last request; 0. */
static int read_answer(const struct netlink_batch *b, const void *data, size_t len, struct err *err)
{
	const struct nlmsghdr *h = data;
	const struct netlink_note *note;
	const struct nlmsgerr *e;

	if (len < NLMSG_LENGTH(sizeof(*e)) || h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq == 0 ||
	    h->nlmsg_seq > b->n)
		return 0;
	e = (const void *)((const char *)data + sizeof(*h));
	note = &b->notes[h->nlmsg_seq - 1];
	if (e->error < 0 && -e->error != note->fine && err->code == 0)
		err_errno(err, e->error, "%s %s", note->what, note->text);
	return h->nlmsg_seq == b->n;
}

static int receive_answers(int fd, const struct netlink_batch *b, struct err *err)
{
	union {
		struct nlmsghdr align;
		char bytes[ANSWER_MAX];
	} answer;
	int last = 0;

	while (!last) {
		ssize_t n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);

		if (n < 0)
			return err_errno(err, -errno, "answer of the kernel");
		last = read_answer(b, &answer, (size_t)n, err);
	}
	return err->code;
}

int netlink_send(int fd, struct netlink_batch *b, struct err *err)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct err first = { 0 };

	if (b->failed < 0)
		return err_errno(err, b->failed, "requests to the kernel");
	if (b->n == 0)
		return 0;
	last_header(b)->nlmsg_flags |= NLM_F_ACK;
	if (sendto(fd, b->bytes.data, b->bytes.len, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return err_errno(err, -errno, "request to the kernel");
	if (receive_answers(fd, b, &first) < 0 && err)
		*err = first;
	return first.code;
}
