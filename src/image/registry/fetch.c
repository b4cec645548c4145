/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: the layers of an image are a queue that a few threads, the caller among
 * them, work off.  Each download streams into a blob_writer under a claim on its digest.  The
 * first error stops all of them and is the one reported.
 *
 * The registry is hostile: what arrives is never longer than its descriptor says, and is stored
 * only under the digest it has.
 */

#define THREADS_MAX	  3
#define REPORT_EVERY_USEC (100 * USEC_PER_MSEC)

static void guarded_report(void *arg, const char *id, const char *status, uint64_t current_bytes,
			   uint64_t total_bytes)
{
	struct progress_guard *g = arg;

	pthread_mutex_lock(&g->lock);
	progress_report(g->from, id, status, current_bytes, total_bytes);
	pthread_mutex_unlock(&g->lock);
}

static bool guarded_cancelled(void *arg)
{
	struct progress_guard *g = arg;
	bool stopped;

	pthread_mutex_lock(&g->lock);
	g->stopped = g->stopped || progress_cancelled(g->from);
	stopped = g->stopped;
	pthread_mutex_unlock(&g->lock);
	return stopped;
}

void progress_guard_init(struct progress_guard *g, const struct progress *from)
{
	*g = (struct progress_guard){
		.from = from,
		.guarded = { .report = guarded_report, .cancelled = guarded_cancelled, .arg = g },
	};
	pthread_mutex_init(&g->lock, NULL);
}

void progress_guard_destroy(struct progress_guard *g)
{
	pthread_mutex_destroy(&g->lock);
}

void progress_guard_stop(struct progress_guard *g)
{
	pthread_mutex_lock(&g->lock);
	g->stopped = true;
	pthread_mutex_unlock(&g->lock);
}

struct download {
	struct blob_writer writer;
	struct http_sink sink;
	const struct progress *progress;
	uint64_t reported_usec;
	char id[13];
};

static int on_begin(void *arg, uint64_t offset, struct err *err)
{
	struct download *d = arg;
	int r = 0;

	if (offset == 0 && d->writer.size_bytes > 0)
		r = blob_writer_restart(&d->writer, err);
	else if (offset != d->writer.size_bytes)
		r = err_set(err, -EPROTO, "the registry resumed a download at the wrong place");
	d->sink.have_bytes = d->writer.size_bytes;
	return r;
}

static int on_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct download *d = arg;
	uint64_t now = clock_mono_usec();
	int r = blob_writer_add(&d->writer, data, len, err);

	if (r == -EFBIG)
		return err_set(err, -EBADMSG, "%s is longer than the %llu bytes announced", d->id,
			       (unsigned long long)d->writer.max_bytes);
	if (r < 0)
		return r;
	d->sink.have_bytes = d->writer.size_bytes;
	if (now - d->reported_usec >= REPORT_EVERY_USEC) {
		d->reported_usec = now;
		progress_report(d->progress, d->id, "Downloading", d->writer.size_bytes,
				d->writer.max_bytes);
	}
	return 0;
}

static int download_blob(const struct fetcher *f, const struct oci_descriptor *desc,
			 const struct progress *p, struct err *err)
{
	struct download d = {
		.writer = BLOB_WRITER_INIT,
		.sink = { .begin = on_begin, .write = on_write, .arg = &d },
		.progress = p,
	};
	int r = blob_writer_open(f->work->st, desc->size_bytes, &d.writer, err);

	if (r < 0)
		return r;
	short_id(&desc->digest, d.id);
	r = registry_blob(f->reg, f->http, desc, &d.sink, err);
	if (r == 0) {
		progress_report(p, d.id, "Verifying Checksum", 0, 0);
		r = blob_writer_publish(&d.writer, desc, err);
	}
	blob_writer_close(&d.writer);
	return r;
}

/* @p: gets the progress of a layer; NULL for a manifest or config, of which none is shown. */
static int fetch_unless_stored(const struct fetcher *f, const struct oci_descriptor *d,
			       const struct progress *p, struct err *err)
{
	struct store *st = f->work->st;
	struct claim claim;
	char id[13];
	int r = claim_take(st, &claim, d->digest.text, &f->guard->guarded);

	if (r < 0)
		return err_set(err, r, "cancelled");
	short_id(&d->digest, id);
	if (blob_exists(st, &d->digest, d->size_bytes)) {
		progress_report(p, id, "Already exists", 0, 0);
	} else {
		r = download_blob(f, d, p, err);
		if (r == 0)
			progress_report(p, id, "Download complete", 0, 0);
	}
	claim_release(st, &claim);
	return r;
}

int fetch_blob(const struct fetcher *f, const struct oci_descriptor *d, struct err *err)
{
	return fetch_unless_stored(f, d, NULL, err);
}

struct batch {
	const struct fetcher *f;
	const struct oci_manifest *m;
	pthread_mutex_t lock; /* guards what follows */
	size_t next;
	int result;
	struct err err;
};

static const struct oci_descriptor *next_layer(struct batch *b)
{
	const struct oci_descriptor *d = NULL;

	pthread_mutex_lock(&b->lock);
	if (b->result == 0 && b->next < b->m->n_layers)
		d = &b->m->layers[b->next++];
	pthread_mutex_unlock(&b->lock);
	return d;
}

static void note_failure(struct batch *b, int r, const struct err *err)
{
	pthread_mutex_lock(&b->lock);
	if (b->result == 0) {
		b->result = r;
		b->err = *err;
	}
	pthread_mutex_unlock(&b->lock);
	progress_guard_stop(b->f->guard);
}

static void work_off(struct batch *b, struct http *h)
{
	struct fetcher f = *b->f;
	const struct oci_descriptor *d;
	struct err err;

	f.http = h;
	while ((d = next_layer(b))) {
		int r = fetch_unless_stored(&f, d, &f.guard->guarded, &err);

		if (r < 0)
			note_failure(b, r, &err);
	}
}

static void *thread_main(void *arg)
{
	struct batch *b = arg;
	cleanup_http struct http *h = NULL;

	if (http_new(&b->f->guard->guarded, &h) == 0)
		work_off(b, h);
	return NULL;
}

/* Starts up to @max threads.  Fewer are no error: the caller works, too. */
static size_t start_threads(struct batch *b, pthread_t *threads, size_t max)
{
	size_t n = 0;

	while (n < max && thread_start(&threads[n], thread_main, b) == 0)
		n++;
	return n;
}

/* Tells of every layer that has to be downloaded.  Return: how many there are. */
static size_t announce_layers(const struct fetcher *f, const struct oci_manifest *m)
{
	size_t n = 0;
	char id[13];

	for (size_t i = 0; i < m->n_layers; i++) {
		if (blob_exists(f->work->st, &m->layers[i].digest, m->layers[i].size_bytes))
			continue;
		short_id(&m->layers[i].digest, id);
		progress_report(&f->guard->guarded, id, "Pulling fs layer", 0, 0);
		n++;
	}
	return n;
}

int fetch_layers(const struct fetcher *f, const struct oci_manifest *m, struct err *err)
{
	struct batch b = { .f = f, .m = m, .lock = PTHREAD_MUTEX_INITIALIZER };
	size_t wanted = announce_layers(f, m), n;
	pthread_t threads[THREADS_MAX];

	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	n = start_threads(&b, threads, wanted > 0 ? wanted - 1 : 0);
	work_off(&b, f->http);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	return b.result < 0 ? err_set(err, b.result, "%s", b.err.msg) : 0;
}
