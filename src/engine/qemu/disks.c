/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A disk is a raw node that its device holds, on top of a node that has the
 * content: a file, or nothing (null-co).  A new file comes over QMP into an fdset and becomes a
 * node, both with numbers never used before, and blockdev-reopen puts all new nodes in the places
 * of the old ones at once, or none.  The old node of the command line goes with that; one that
 * came over QMP, and the old file's fdset, are removed then.
 *
 * QEMU reads its commands byte by byte, with a round of its main loop for each: so what is sent is
 * short, leaves out what is the default, and does not wait for one answer before the next command.
 */
#include "engine/qemu/disks.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "engine/qemu/cmdline.h"

#define SWAP_TIMEOUT_USEC   (10 * USEC_PER_SEC)
#define RESUME_TIMEOUT_USEC USEC_PER_SEC /* after this, another machine comes up sooner */

#define FDSET_FIRST 64 /* above the fdsets of the command line */
/* First number of nodes in a machine that was forked: the zygote used a few, and is not asked how
 * many.  Its blank disks stay when others take their places. */
#define FORKED_FIRST 500
#define TEXT_MAX     160

void qemu_disks_init(struct qemu_disks *d, struct qmp *q, const struct machine *m)
{
	*d = (struct qemu_disks){ .qmp = q };
	for (size_t i = 0; i < m->n_disks; i++)
		d->at[i].set = m->disks[i].fd < 0 ? 0 : (unsigned)i + QEMU_FDSET_DISKS;
}

void qemu_disks_init_forked(struct qemu_disks *d, struct qmp *q)
{
	*d = (struct qemu_disks){ .qmp = q, .generation = FORKED_FIRST };
}

/* Commands to be sent together, and their texts. */
struct batch {
	struct qmp_command commands[2 * MACHINE_DISKS_MAX + 2];
	char texts[2 * MACHINE_DISKS_MAX][TEXT_MAX];
	size_t n, n_texts;
};

static char *add_command(struct batch *b, const char *name)
{
	char *text = b->texts[b->n_texts++];

	b->commands[b->n++] = (struct qmp_command){ .name = name, .arguments = text };
	return text;
}

static const char *access_of(const struct machine_disk *d)
{
	return d->read_only ? "\"read-only\":true" : "\"discard\":\"unmap\"";
}

static void add_node(struct batch *b, const struct machine_disk *d, const struct qemu_disk *next)
{
	char *text;

	if (next->set == 0) {
		snprintf(add_command(b, "blockdev-add"), TEXT_MAX,
			 "{\"driver\":\"null-co\",\"node-name\":\"f%u\",\"size\":%" PRIu64
			 ",\"read-zeroes\":true,%s}",
			 next->node, d->size_bytes, access_of(d));
		return;
	}
	text = add_command(b, "add-fd");
	b->commands[b->n - 1].fd = &d->fd;
	snprintf(text, TEXT_MAX, "{\"fdset-id\":%u}", next->set);
	snprintf(add_command(b, "blockdev-add"), TEXT_MAX,
		 "{\"driver\":\"file\",\"node-name\":\"f%u\",\"filename\":\"/dev/fdset/%u\","
		 "\"locking\":\"off\",%s}",
		 next->node, next->set, access_of(d));
}

static int describe_reopen(struct buf *b, const struct machine_swap *swaps, size_t n,
			   const struct qemu_disk *next)
{
	int r = buf_adds(b, "{\"options\":[");

	for (size_t i = 0; r == 0 && i < n; i++)
		r = buf_addf(
			b, "%s{\"driver\":\"raw\",\"node-name\":\"disk%zu\",\"file\":\"f%u\",%s}",
			i > 0 ? "," : "", swaps[i].disk, next[i].node, access_of(&swaps[i].with));
	return r == 0 ? buf_adds(b, "]}") : r;
}

/* Removes the nodes and file sets that are not used any more.  The answers are not waited for. */
static int forget_nodes(struct qmp *q, const struct qemu_disk *old, size_t n, struct err *err)
{
	struct batch b = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		if (old[i].node != 0)
			snprintf(add_command(&b, "blockdev-del"), TEXT_MAX,
				 "{\"node-name\":\"f%u\"}", old[i].node);
		if (old[i].set != 0)
			snprintf(add_command(&b, "remove-fd"), TEXT_MAX, "{\"fdset-id\":%u}",
				 old[i].set);
	}
	return b.n > 0 ? qmp_send_ahead(q, b.commands, b.n, err) : 0;
}

int qemu_disks_swap(struct qemu_disks *d, const struct machine_swap *swaps, size_t n, bool resume,
		    struct err *err)
{
	struct qemu_disk next[MACHINE_DISKS_MAX], old[MACHINE_DISKS_MAX];
	cleanup(buf_reset) struct buf reopen = BUF_INIT;
	struct batch b = { .n = 0 };
	int r;

	for (size_t i = 0; i < n; i++) {
		next[i].node = ++d->generation;
		next[i].set = swaps[i].with.fd < 0 ? 0 : FDSET_FIRST + next[i].node;
		old[i] = d->at[swaps[i].disk];
		add_node(&b, &swaps[i].with, &next[i]);
	}
	r = describe_reopen(&reopen, swaps, n, next);
	if (r < 0)
		return err_errno(err, r, "swap of disks");
	b.commands[b.n++] =
		(struct qmp_command){ .name = "blockdev-reopen", .arguments = reopen.data };
	if (resume)
		b.commands[b.n++] = (struct qmp_command){ .name = "cont" };
	r = qmp_call_all(d->qmp, b.commands, b.n,
			 clock_mono_usec() + (resume ? RESUME_TIMEOUT_USEC : SWAP_TIMEOUT_USEC),
			 err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		d->at[swaps[i].disk] = next[i];
	return forget_nodes(d->qmp, old, n, err);
}
