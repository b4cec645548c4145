/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A round to the host costs a guest under emulation half a millisecond, and
 * most files are opened, read from what is cached, and closed.  So an OPEN for reading is answered
 * here, if the host answered an earlier one of the same node with leave to keep the cache, and no
 * change was heard of since.  The host is told with the next request that goes to it, before that,
 * or after a while; not at all where the file is closed by then.
 *
 * Nobody waits for a close: the host is told, and does not reply.  FORGET needs no reply either,
 * and waits for a request to go with.
 *
 * A file that was made here a moment ago has no capabilities until somebody sets them, which comes
 * by here or is a change that the host tells of.
 *
 * The kernel is this machine's own, and sends whole requests.  Only the passing thread uses this.
 */
#include "guest/share/quick.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <string.h>

#define KEPT (FOPEN_KEEP_CACHE | FOPEN_NOFLUSH)

static size_t slot_of(uint64_t node)
{
	return (size_t)((node ^ node >> 32) % QUICK_NODES);
}

static bool has_node(const struct quick *q, const struct quick_nodes *nodes, uint64_t node)
{
	size_t i = slot_of(node);

	return nodes->places[i].node == node && nodes->places[i].age == q->age;
}

static void put_node(const struct quick *q, struct quick_nodes *nodes, uint64_t node)
{
	size_t i = slot_of(node);

	nodes->places[i].node = node;
	nodes->places[i].age = q->age;
}

static void drop_node(struct quick_nodes *nodes, uint64_t node)
{
	size_t i = slot_of(node);

	if (nodes->places[i].node == node)
		nodes->places[i].node = 0;
}

static bool is_plain(const struct quick *q, const struct fuse_in_header *head)
{
	const struct fuse_open_in *in = (const void *)(head + 1);

	return (in->flags & (O_ACCMODE | O_TRUNC)) == O_RDONLY && in->open_flags == 0 &&
	       head->pid != q->waker;
}

/* Return: a number; 0 where all are used. */
static uint64_t take_number(struct quick *q)
{
	for (size_t i = 0; i < SHARES_FH_MAX / 64; i++)
		if (~q->used[i]) {
			unsigned bit = (unsigned)__builtin_ctzll(~q->used[i]);

			q->used[i] |= 1ull << bit;
			return SHARES_FH + 64 * i + bit;
		}
	return 0;
}

static void give_number(struct quick *q, uint64_t fh)
{
	uint64_t place = fh - SHARES_FH;

	if (fh >= SHARES_FH && place < SHARES_FH_MAX)
		q->used[place / 64] &= ~(1ull << place % 64);
}

static void begin_answer(struct quick_answer *ret, const struct fuse_in_header *head)
{
	*ret = (struct quick_answer){ .head = { .len = sizeof(ret->head),
						.unique = head->unique } };
}

/* @node: 0: of a file that is being made */
static void note_asked(struct quick *q, const struct fuse_in_header *head, uint64_t node)
{
	size_t i = (head->unique >> 1) % QUICK_ASKED; /* the kernel's numbers are even */

	q->asked[i].unique = head->unique;
	q->asked[i].node = node;
}

static enum quick_way open_file(struct quick *q, const struct fuse_in_header *head,
				struct quick_answer *ret)
{
	const struct fuse_open_in *in = (const void *)(head + 1);
	struct shares_open *m;
	uint64_t fh = 0;

	if (!is_plain(q, head))
		return QUICK_PASS;
	if (has_node(q, &q->stay, head->nodeid) && q->n_waiting < QUICK_WAITING)
		fh = take_number(q);
	if (!fh) {
		note_asked(q, head, head->nodeid);
		return QUICK_PASS;
	}
	m = &q->waiting[q->n_waiting++];
	*m = (struct shares_open){ .head = *head, .fh = fh, .flags = in->flags };
	m->head.len = sizeof(*m);
	m->head.opcode = SHARES_OPEN;
	m->head.unique = 0;
	begin_answer(ret, head);
	ret->open = (struct fuse_open_out){ .fh = fh, .open_flags = KEPT };
	ret->head.len += sizeof(ret->open);
	return QUICK_ANSWER;
}

/* Return: was the host still to be told of it? */
static bool forget_waiting(struct quick *q, uint64_t fh)
{
	for (size_t i = q->n_waiting; i-- > 0;)
		if (q->waiting[i].fh == fh) {
			q->waiting[i] = q->waiting[--q->n_waiting];
			return true;
		}
	return false;
}

static enum quick_way close_file(struct quick *q, struct fuse_in_header *head,
				 struct quick_answer *ret)
{
	const struct fuse_release_in *in = (const void *)(head + 1);

	begin_answer(ret, head);
	give_number(q, in->fh);
	if (forget_waiting(q, in->fh))
		return QUICK_ANSWER;
	head->unique = 0;
	return QUICK_TELL;
}

/* Answers questions for capabilities; others are for the host. */
static enum quick_way get_xattr(const struct quick *q, const struct fuse_in_header *head,
				struct quick_answer *ret)
{
	const struct fuse_getxattr_in *in = (const void *)(head + 1);

	if (!has_node(q, &q->bare, head->nodeid) ||
	    strcmp((const char *)(in + 1), XATTR_NAME_CAPS) != 0)
		return QUICK_PASS;
	begin_answer(ret, head);
	ret->head.error = -ENODATA;
	return QUICK_ANSWER;
}

enum quick_way quick_request(struct quick *q, struct fuse_in_header *head, struct quick_answer *ret)
{
	switch (head->opcode) {
	case FUSE_OPEN:
		return open_file(q, head, ret);
	case FUSE_RELEASE:
		return close_file(q, head, ret);
	case FUSE_FLUSH: /* gives up locks; data was sent to the host before */
		begin_answer(ret, head);
		head->unique = 0;
		return QUICK_TELL;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return QUICK_KEEP;
	case FUSE_GETXATTR:
		return get_xattr(q, head, ret);
	case FUSE_SETXATTR:
		drop_node(&q->bare, head->nodeid);
		return QUICK_PASS;
	case FUSE_CREATE:
		note_asked(q, head, 0);
		return QUICK_PASS;
	case FUSE_RENAME:
	case FUSE_RENAME2: /* may lead to where the host hears of no changes */
		q->age++;
		return QUICK_PASS;
	default:
		return QUICK_PASS;
	}
}

size_t quick_waiting(struct quick *q, void *ret)
{
	size_t len = q->n_waiting * sizeof(q->waiting[0]);

	memcpy(ret, q->waiting, len);
	q->n_waiting = 0;
	return len;
}

static void note_opened(struct quick *q, uint64_t node, const void *body, size_t len)
{
	struct fuse_open_out open;

	if (len != sizeof(open))
		return;
	memcpy(&open, body, len);
	if (open.open_flags == KEPT)
		put_node(q, &q->stay, node);
}

/* Attributes are valid for a while only where the host tells of changes. */
static void note_created(struct quick *q, const void *body, size_t len)
{
	struct fuse_entry_out e;

	if (len < sizeof(e))
		return;
	memcpy(&e, body, sizeof(e));
	if (e.attr_valid > 0)
		put_node(q, &q->bare, e.nodeid);
}

void quick_reply(struct quick *q, const void *message, size_t len)
{
	struct fuse_out_header head;
	const unsigned char *body = (const unsigned char *)message + sizeof(head);
	size_t i;

	memcpy(&head, message, sizeof(head));
	i = (head.unique >> 1) % QUICK_ASKED;
	if (q->asked[i].unique != head.unique)
		return;
	q->asked[i].unique = 0;
	if (q->asked[i].node)
		note_opened(q, q->asked[i].node, body, len - sizeof(head));
	else
		note_created(q, body, len - sizeof(head));
}

/* A name that has gone may be another name of a node that no message is about. */
void quick_changed(struct quick *q, const struct shares_changed *m)
{
	if (m->what & (SHARES_ENTRY | SHARES_REMOVED | SHARES_ALL))
		q->age++;
	drop_node(&q->stay, m->node);
	drop_node(&q->bare, m->node);
}
