/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/push-blobs.h"

#include <errno.h>

#include "base/str.h"
#include "image/registry/transfers.h"
#include "image/registry/upload-blob.h"
#include "image/registry/upload.h"
#include "image/store/blob.h"
#include "image/store/install.h"
#include "image/store/progress.h"

/*
 * Theory of operation: the calling thread makes the first request alone, which settles how the
 * registry is reached and which token it wants; then the blobs go up, several at a time.
 */

struct push_blobs {
	const struct pusher *p;
	const struct push_plan *plan;
	bool has_first; /* the registry has the first one */
};

struct one_blob {
	const struct progress *progress; /* NULL for a config, whose progress is not shown */
	uint64_t total_bytes;
	uint64_t sent_bytes;
	char id[13];
};

static void report_sent(void *arg, uint64_t bytes)
{
	struct one_blob *b = arg;

	if (bytes == 0 || bytes == b->sent_bytes)
		return;
	b->sent_bytes = bytes;
	progress_report(b->progress, b->id, "Pushing", bytes, b->total_bytes);
}

static void report_mounted(const struct one_blob *b, const char *from)
{
	cleanup_free char *text = str_printf("Mounted from %s", from);

	if (text)
		progress_report(b->progress, b->id, text, 0, 0);
}

static int send_blob(const struct push_blobs *all, size_t i, struct http *h, struct one_blob *b,
		     struct err *err)
{
	const struct pusher *p = all->p;
	const struct oci_descriptor *d = &all->plan->what.blobs[i];
	const char *mount_from = all->plan->mount_from[i];
	cleanup_close int fd = blob_open(p->st, &d->digest, d->size_bytes);
	const struct http_body content = { .type = "application/octet-stream",
					   .fd = fd,
					   .len = d->size_bytes,
					   .sent = report_sent,
					   .arg = b };
	const struct blob_upload up = {
		.digest = &d->digest, .content = &content, .mount_from = mount_from, .store = p->st
	};
	int r;

	if (fd < 0)
		return err_errno(err, fd, "blob %s", d->digest.text);
	r = registry_put_blob(p->reg, h, &up, err);
	if (r == 1)
		report_mounted(b, mount_from);
	else if (r == 0)
		progress_report(b->progress, b->id, "Pushed", 0, 0);
	return r < 0 ? r : 0;
}

static bool is_left_out(const struct oci_descriptor *d)
{
	return d->urls && oci_layer_is_foreign(d->media_type);
}

static int push_blob(void *arg, size_t i, struct http *h, struct err *err)
{
	const struct push_blobs *all = arg;
	const struct oci_descriptor *d = &all->plan->what.blobs[i];
	const struct progress *progress = &all->p->guard->guarded;
	struct one_blob b = { .progress = push_plan_is_config(all->plan, i) ? NULL : progress,
			      .total_bytes = d->size_bytes };
	int r;

	short_id(&d->digest, b.id);
	if (is_left_out(d)) {
		progress_report(b.progress, b.id, "Skipped foreign layer", 0, 0);
		return 0;
	}
	r = i == 0 ? all->has_first : registry_has_blob(all->p->reg, h, &d->digest, err);
	if (r == 1)
		progress_report(b.progress, b.id, "Layer already exists", 0, 0);
	if (r == 0)
		r = send_blob(all, i, h, &b, err);
	return r < 0 ? r : 0;
}

/* Asks for the first blob.  If the registry gives no token that includes other repositories, asks
 * for one without them. */
static int ask_first(struct push_blobs *all, struct err *err)
{
	const struct pusher *p = all->p;
	const struct digest *first = &all->plan->what.blobs[0].digest;
	cleanup_strv char **repositories = NULL;
	int r;

	if (push_plan_repositories(all->plan, &repositories) < 0 ||
	    registry_allow_push(p->reg, repositories) < 0)
		return err_nomem(err);
	r = registry_has_blob(p->reg, p->http, first, err);
	if (r == -EACCES && repositories) {
		if (registry_allow_push(p->reg, NULL) < 0)
			return err_nomem(err);
		r = registry_has_blob(p->reg, p->http, first, err);
	}
	all->has_first = r == 1;
	return r < 0 ? r : 0;
}

int push_blobs(const struct pusher *p, const struct push_plan *plan, struct err *err)
{
	struct push_blobs all = { .p = p, .plan = plan };
	const struct transfers t = { .n = plan->what.n_blobs,
				     .max_at_once = p->max_uploads,
				     .move = push_blob,
				     .arg = &all,
				     .http = p->http,
				     .guard = p->guard };
	char id[13];
	int r;

	if (plan->what.n_blobs == 0)
		return registry_allow_push(p->reg, NULL) < 0 ? err_nomem(err) : 0;
	for (size_t i = 0; i < plan->what.n_blobs; i++) {
		short_id(&plan->what.blobs[i].digest, id);
		if (!push_plan_is_config(plan, i))
			progress_report(&p->guard->guarded, id, "Preparing", 0, 0);
	}
	r = ask_first(&all, err);
	return r == 0 ? transfers_run(&t, err) : r;
}
