/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/fetch-layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "image/registry/mirror.h"
#include "image/registry/transfers.h"
#include "image/store/blob.h"
#include "image/store/incoming.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: the layers of an image come in several at a time (transfers.h), from the
 * base up.  Each download goes to a file that others may read meanwhile (incoming.h), under a claim
 * on its digest.  No download waits for the disk: when all is there, the files are synced and
 * become blobs, while unpacking goes on.  A pull that was cut off before finds its layers in
 * partial/.
 *
 * A server that cannot resume sends a layer from its beginning.  The bytes that are there already
 * are compared with it, and not written again, as somebody may have read them.
 *
 * The registry is hostile: what arrives is never longer than its descriptor says, and is stored
 * only under the digest it has.
 */

struct fetch_layer {
	const struct oci_descriptor *desc;
	struct incoming *in; /* NULL: the layer is stored */
	struct incoming_listener listener;
	int fd; /* of a stored layer; else -1 */
};

struct fetch_layers {
	const struct fetcher *f;
	bool (*is_over)(void *arg);
	void *arg;
	size_t n_missing;
	size_t n;
	struct fetch_layer list[];
};

struct download {
	struct incoming *in;
	struct http_sink sink;
	const struct progress *progress;
	uint64_t compared_bytes; /* bytes of this answer that were compared */
	char id[13];
};

static int on_begin(void *arg, uint64_t offset, struct err *err)
{
	struct download *d = arg;

	if (offset != 0 && offset != d->in->have_bytes)
		return err_set(err, -EPROTO, "the registry resumed a download at the wrong place");
	d->compared_bytes = offset;
	return 0;
}

static int on_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct download *d = arg;
	uint64_t known = d->in->have_bytes - d->compared_bytes;
	size_t n = known < len ? (size_t)known : len;
	int r = 0;

	if (n > 0)
		r = incoming_compare(d->in, d->compared_bytes, data, n, err);
	d->compared_bytes += n;
	if (r == 0 && n < len) {
		r = incoming_add(d->in, (const char *)data + n, len - n, err);
		d->compared_bytes = d->in->have_bytes;
	}
	if (r == -EFBIG)
		return err_set(err, -EBADMSG, "%s is longer than the %llu bytes announced", d->id,
			       (unsigned long long)d->in->size_bytes);
	d->sink.have_bytes = d->in->have_bytes;
	if (r == 0)
		progress_report(d->progress, d->id, "Downloading", d->in->have_bytes,
				d->in->size_bytes);
	return r;
}

static int download_layer(const struct fetcher *f, const struct fetch_layer *l, struct err *err)
{
	struct download d = {
		.in = l->in,
		.sink = { .begin = on_begin, .write = on_write, .arg = &d },
		.progress = &f->guard->guarded,
	};
	int r = incoming_resume(l->in, err);

	if (r < 0)
		return r;
	short_id(&l->desc->digest, d.id);
	d.sink.id = d.id;
	d.sink.have_bytes = l->in->have_bytes;
	if (l->in->have_bytes < l->in->size_bytes)
		r = registry_blob(f->reg, f->http, l->desc, &d.sink, err);
	if (r < 0)
		return r;
	progress_report(d.progress, d.id, "Verifying Checksum", 0, 0);
	return incoming_check(l->in, err);
}

static int publish_layer(const struct fetcher *f, const struct fetch_layer *l, struct err *err)
{
	(void)f;
	return incoming_publish(l->in, err);
}

/* Does a step for a layer under the claim on it, unless somebody else has brought the layer. */
static int with_claim(const struct fetcher *f, const struct fetch_layer *l,
		      int (*step)(const struct fetcher *f, const struct fetch_layer *l,
				  struct err *err),
		      struct err *err)
{
	struct store *st = f->work->st;
	struct claim claim;
	int r = claim_take(st, &claim, l->desc->digest.text, &f->guard->guarded);

	if (r < 0)
		return err_set(err, r, "cancelled");
	if (l->in->err.code)
		r = err_set(err, l->in->err.code, "%s", l->in->err.msg);
	else if (!l->in->is_whole)
		r = step(f, l, err);
	claim_release(st, &claim);
	return r;
}

static int fetch_layer(const struct fetcher *f, const struct fetch_layer *l, struct err *err)
{
	int r = with_claim(f, l, download_layer, err);
	char id[13];

	short_id(&l->desc->digest, id);
	if (r == 0)
		progress_report(&f->guard->guarded, id, "Download complete", 0, 0);
	return r;
}

static int store_layer(void *arg, size_t i, struct http *h, struct err *err)
{
	const struct fetch_layers *l = arg;

	(void)h;
	return l->list[i].in ? with_claim(l->f, &l->list[i], publish_layer, err) : 0;
}

static int move_layer(void *arg, size_t i, struct http *h, struct err *err)
{
	const struct fetch_layers *l = arg;
	struct fetcher f = *l->f;

	if (!l->list[i].in)
		return 0;
	if (l->is_over && l->is_over(l->arg))
		return err_set(err, -EALREADY, "no more layers are wanted");
	f.http = h;
	return fetch_layer(&f, &l->list[i], err);
}

int fetch_layers_run(struct fetch_layers *l, bool (*is_over)(void *arg), void *arg, struct err *err)
{
	const size_t max = l->f->max_downloads;
	struct transfers t = {
		.n = l->n,
		.max_at_once = (unsigned)(l->n_missing < max ? l->n_missing : max),
		.move = move_layer,
		.arg = l,
		.http = l->f->http,
		.guard = l->f->guard,
	};
	int r;

	l->is_over = is_over;
	l->arg = arg;
	r = transfers_run(&t, err);
	t.move = store_layer;
	if (r == 0)
		r = transfers_run(&t, err);
	/* -ESTALE: another try at once may succeed. */
	if (r == -ESTALE)
		progress_guard_again(l->f->guard);
	return r;
}

static int open_layer(const struct fetcher *f, struct fetch_layer *l, struct err *err)
{
	char id[13];
	int r = incoming_open(f->work->st, l->desc, &l->in, err);

	short_id(&l->desc->digest, id);
	if (r == 0) {
		progress_report(&f->guard->guarded, id, "Pulling fs layer", 0, 0);
		r = incoming_listen(l->in, &l->listener);
		return r < 0 ? err_errno(err, r, "download of %s", id) : 0;
	}
	if (r < 0)
		return r;
	progress_report(&f->guard->guarded, id, "Already exists", 0, 0);
	l->fd = blob_open(f->work->st, &l->desc->digest, l->desc->size_bytes);
	return l->fd < 0 ? err_errno(err, l->fd, "open layer %s", id) : 0;
}

static void describe_layer(const struct fetch_layer *l, struct flatten_layer *ret)
{
	*ret = (struct flatten_layer){ .fd = l->fd };
	if (!l->in)
		return;
	ret->fd = l->in->fd;
	ret->grows = true;
	ret->event_fd = l->listener.event_fd;
	ret->packed_bytes = l->desc->size_bytes;
}

int fetch_layers_open(const struct fetcher *f, const struct oci_manifest *m,
		      struct flatten_layer *layers, struct fetch_layers **ret, struct err *err)
{
	struct fetch_layers *l = calloc(1, sizeof(*l) + m->n_layers * sizeof(l->list[0]));
	int r = 0;

	if (!l)
		return err_nomem(err);
	l->f = f;
	while (r == 0 && l->n < m->n_layers) {
		struct fetch_layer *one = &l->list[l->n];

		one->desc = &m->layers[l->n++];
		one->fd = one->listener.event_fd = -1;
		r = open_layer(f, one, err);
		describe_layer(one, &layers[l->n - 1]);
		l->n_missing += one->in != NULL;
	}
	if (r < 0)
		fetch_layers_close(l);
	else
		*ret = l;
	return r;
}

void fetch_layers_close(struct fetch_layers *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++) {
		fd_close(&l->list[i].fd);
		if (l->list[i].in)
			incoming_ignore(l->list[i].in, &l->list[i].listener);
		incoming_close(l->list[i].in);
	}
	free(l);
}
