/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "image/store/claim.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/unsynced.h"

/*
 * Theory of operation: mark and sweep.  Marked are the blobs of all images in the table and the
 * pins of all work under way; the sweep deletes every other file that has the name of a blob or of
 * an EROFS file.  A file that cannot be deleted is found again the next time.
 */

struct marks {
	const char **hex; /* marked digests, sorted; borrowed from records and pins */
	size_t n;
};

static int mark_used(const struct store *st, struct marks *m)
{
	size_t n = 0;

	for (size_t i = 0; i < st->table.n; i++)
		n += st->table.records[i]->n_blobs;
	for (const struct work *w = st->works; w; w = w->next)
		n += w->n_pins;
	m->hex = calloc(n + 1, sizeof(*m->hex));
	if (!m->hex)
		return -ENOMEM;
	for (size_t i = 0; i < st->table.n; i++) {
		const struct record *rec = st->table.records[i];

		for (size_t k = 0; k < rec->n_blobs; k++)
			m->hex[m->n++] = digest_hex(&rec->blobs[k]);
	}
	for (const struct work *w = st->works; w; w = w->next)
		for (size_t k = 0; k < w->n_pins; k++)
			m->hex[m->n++] = digest_hex(&w->pins[k]);
	qsort(m->hex, m->n, sizeof(*m->hex), strv_compare);
	return 0;
}

/* Is @name made of HEX and @suffix, with HEX not marked? */
static bool is_garbage(const struct marks *m, const char *name, const char *suffix)
{
	char hex[DIGEST_HEX_MAX + 1];
	const char *key = hex;
	size_t len = strspn(name, "0123456789abcdef");

	if ((len != DIGEST_HEX_LEN && len != DIGEST_HEX_MAX) || !streq(name + len, suffix))
		return false;
	memcpy(hex, name, len);
	hex[len] = '\0';
	return !bsearch(&key, m->hex, m->n, sizeof(*m->hex), strv_compare);
}

struct sweep {
	const struct marks *marks;
	const char *suffix; /* of the files' names */
};

static int sweep_one(int dir_fd, const char *name, void *arg)
{
	const struct sweep *s = arg;

	if (is_garbage(s->marks, name, s->suffix))
		unlinkat(dir_fd, name, 0);
	return 0;
}

void store_collect(struct store *st)
{
	struct marks m = { 0 };

	if (mark_used(st, &m) == 0) {
		(void)path_each(st->blobs_fd, sweep_one, &(struct sweep){ &m, "" });
		if (st->blobs512_fd >= 0)
			(void)path_each(st->blobs512_fd, sweep_one, &(struct sweep){ &m, "" });
		(void)path_each(st->rootfs_fd, sweep_one, &(struct sweep){ &m, ".erofs" });
		(void)path_each(st->sums_fd, sweep_one, &(struct sweep){ &m, "" });
		(void)path_each(st->sums_fd, sweep_one, &(struct sweep){ &m, UNSYNCED_SUFFIX });
	}
	free(m.hex);
}
