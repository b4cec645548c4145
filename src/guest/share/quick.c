/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A round to the host costs a guest under emulation half a millisecond, and
 * most files are opened, read from what is cached, and closed.  So an OPEN for reading is answered
 * here, if an earlier one of the same node was answered by the host so that what is cached stays,
 * and nothing was heard of the node since.  The host is told with the next request that goes to it,
 * before that, or after a while; not at all where the file is closed by then.
 *
 * A file that is closed nobody waits for: the host is told, and does not reply.
 *
 * The kernel is this machine's own, and sends whole requests; all is the passing thread's alone.
 */
#include "guest/share/quick.h"

#include <fcntl.h>
#include <string.h>

#define KEPT (FOPEN_KEEP_CACHE | FOPEN_NOFLUSH)

static size_t slot_of(uint64_t node)
{
	return (size_t)((node ^ node >> 32) % QUICK_NODES);
}

static bool is_known(const struct quick *q, uint64_t node)
{
	size_t i = slot_of(node);

	return q->known[i].node == node && q->known[i].age == q->age;
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

static void answer(struct quick_answer *ret, const struct fuse_in_header *head)
{
	*ret = (struct quick_answer){ .head = { .len = sizeof(ret->head),
						.unique = head->unique } };
}

static void note_asked(struct quick *q, const struct fuse_in_header *head)
{
	size_t i = (head->unique >> 1) % QUICK_ASKED; /* the kernel counts in twos */

	q->asked[i].unique = head->unique;
	q->asked[i].node = head->nodeid;
}

static enum quick_way open_file(struct quick *q, const struct fuse_in_header *head,
				struct quick_answer *ret)
{
	const struct fuse_open_in *in = (const void *)(head + 1);
	struct shares_open *m;
	uint64_t fh = 0;

	if (!is_plain(q, head))
		return QUICK_PASS;
	if (is_known(q, head->nodeid) && q->n_waiting < QUICK_WAITING)
		fh = take_number(q);
	if (!fh) {
		note_asked(q, head);
		return QUICK_PASS;
	}
	m = &q->waiting[q->n_waiting++];
	*m = (struct shares_open){ .head = *head, .fh = fh, .flags = in->flags };
	m->head.len = sizeof(*m);
	m->head.opcode = SHARES_OPEN;
	m->head.unique = 0;
	answer(ret, head);
	ret->open = (struct fuse_open_out){ .fh = fh, .open_flags = KEPT };
	ret->head.len += sizeof(ret->open);
	return QUICK_ANSWER;
}

/* Return: had the host not been told of it? */
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

	answer(ret, head);
	give_number(q, in->fh);
	if (forget_waiting(q, in->fh))
		return QUICK_ANSWER;
	head->unique = 0;
	return QUICK_TELL;
}

enum quick_way quick_request(struct quick *q, struct fuse_in_header *head, struct quick_answer *ret)
{
	switch (head->opcode) {
	case FUSE_OPEN:
		return open_file(q, head, ret);
	case FUSE_RELEASE:
		return close_file(q, head, ret);
	case FUSE_FLUSH: /* gives up locks; what was written is with the host */
		answer(ret, head);
		head->unique = 0;
		return QUICK_TELL;
	case FUSE_RENAME:
	case FUSE_RENAME2: /* maybe to where the host hears of no changes */
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

void quick_reply(struct quick *q, const void *head, size_t len)
{
	struct {
		struct fuse_out_header head;
		struct fuse_open_out open;
	} m;
	size_t i, slot;

	if (len != sizeof(m))
		return;
	memcpy(&m, head, sizeof(m));
	i = (m.head.unique >> 1) % QUICK_ASKED;
	if (q->asked[i].unique != m.head.unique)
		return;
	q->asked[i].unique = 0;
	if (m.open.open_flags != KEPT)
		return;
	slot = slot_of(q->asked[i].node);
	q->known[slot].node = q->asked[i].node;
	q->known[slot].age = q->age;
}

/* A name that has gone may have come elsewhere, of a node that is not told. */
void quick_changed(struct quick *q, const struct shares_changed *m)
{
	if (m->what & (SHARES_ENTRY | SHARES_REMOVED | SHARES_ALL))
		q->age++;
	else if (is_known(q, m->node))
		q->known[slot_of(m->node)].node = 0;
}
