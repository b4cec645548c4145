/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/upload-blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/redirect.h"
#include "image/registry/registry-inner.h"
#include "image/registry/retry.h"
#include "image/registry/upload-kept.h"
#include "image/registry/upload-state.h"

/*
 * Theory of operation: POST opens an upload, and the answer's Location says where the content goes.
 * A small blob is PUT there, whole, with its digest, which the registry checks.  A large one goes
 * in parts, each a PATCH whose answer has the Location of the next; a PUT without content ends
 * them. Where a request was cut, a GET says how much the registry has, and the upload goes on from
 * there; if the registry cannot say it, the upload is forgotten and another one opened.  One that
 * takes no parts gets the whole, and one that finds them too large gets smaller ones.
 *
 * An upload that a push has left behind is asked for in the same way by the next one.
 *
 * The registry is hostile: each Location is judged like a redirection, credentials go only to the
 * host that they are for, and an upload that does not get on ends after a few tries.
 */

#define PART_BYTES	 (64u << 20)
#define PART_LEAST_BYTES (512u << 10)
#define KEPT_FROM_BYTES	 (1u << 20) /* uploads of smaller blobs are begun anew */
#define ANSWER_MAX_BYTES (64u << 10)

struct upload {
	struct registry *reg;
	struct http *http;
	const struct blob_upload *in;
	char *url;     /* where the next request goes, checked; NULL: no upload is open */
	bool ours;     /* credentials may be sent there */
	bool in_doubt; /* it is not known how much the registry has */
	bool went_on;  /* has it been resumed after a cut? */
	bool doubted;
	bool never_goes_on;
	bool takes_no_parts;
	uint64_t have_bytes; /* that the registry has */
	uint64_t part_bytes, part_min_bytes;
	struct patience patience;
	bool from_before; /* left by an earlier push, and not asked for yet */
	struct upload_kept kept;
};

static void forget_upload(struct upload *u)
{
	free(take_ptr(u->url));
	u->have_bytes = 0;
	u->in_doubt = u->went_on = u->from_before = false;
	upload_kept_drop(&u->kept);
}

/* Continues at an address.  @url: taken over if it is accepted */
static int go_on_at(struct upload *u, char **url, struct err *err)
{
	bool ours;
	int r = redirect_check(u->reg->base, *url, http_settings(u->http), &ours, err);

	if (r < 0)
		return r;
	free(u->url);
	u->url = take_ptr(*url);
	u->ours = ours;
	return 0;
}

static int take_location(struct upload *u, struct http_response *rs, struct err *err)
{
	int r;

	if (rs->part_min_bytes)
		u->part_min_bytes = rs->part_min_bytes;
	if (!rs->location)
		return 0;
	r = go_on_at(u, &rs->location, err);
	if (r == 0)
		upload_kept_note(&u->kept, u->url);
	return r;
}

static int post_upload(struct upload *u, const char *path, struct http_response *rs,
		       struct err *err)
{
	const struct http_body nothing = { .type = "application/octet-stream", .data = "" };
	struct http_request rq = {
		.method = "POST", .path = path, .body = &nothing, .max_bytes = ANSWER_MAX_BYTES
	};
	int r = registry_send(u->reg, u->http, &rq, rs, err);

	u->patience.retry_after_sec = r == 0 ? rs->retry_after_sec : 0;
	return r;
}

/* Asks to mount the blob.  Return: 1 when it is mounted; 0 when not, and an upload may be open. */
static int try_mount(struct upload *u, const char *from, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path =
		str_printf("/blobs/uploads/?mount=%s&from=%s", u->in->digest->text, from);
	int r = path ? post_upload(u, path, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	if (rs.status == 202)
		r = take_location(u, &rs, err);
	return r < 0 ? r : rs.status == 201;
}

static int open_upload(struct upload *u, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	int r = post_upload(u, "/blobs/uploads/", &rs, err);

	if (r < 0)
		return r;
	if (rs.status != 202) {
		r = registry_push_refused(u->reg, &rs, err);
		return retry_is_passing(0, rs.status) ? -ECONNRESET : r;
	}
	r = take_location(u, &rs, err);
	if (r == 0 && !u->url)
		r = err_set(err, -EPROTO, "registry %s opens an upload, but does not say where",
			    u->reg->ref->registry);
	return r;
}

static int send_there(struct upload *u, struct http_request *rq, struct http_response *rs,
		      struct err *err)
{
	int r = u->ours ? registry_send(u->reg, u->http, rq, rs, err)
			: http_send(u->http, rq, rs, err);

	u->patience.retry_after_sec = r == 0 ? rs->retry_after_sec : 0;
	if (r < 0)
		u->in_doubt = true;
	return r;
}

/* Asks after a cut how much the registry has. */
static int ask_state(struct upload *u, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	struct http_request rq = { .url = u->url, .max_bytes = ANSWER_MAX_BYTES };
	int r;

	if (u->takes_no_parts || u->never_goes_on)
		return forget_upload(u), 0;
	r = send_there(u, &rq, &rs, err);
	if (r < 0)
		return r;
	if (rs.status != 416 && retry_is_passing(0, rs.status))
		return registry_push_refused(u->reg, &rs, err), -ECONNRESET;
	if ((rs.status != 204 && rs.status != 200 && rs.status != 202) || !rs.has_uploaded ||
	    rs.uploaded_bytes > u->in->content->len)
		return forget_upload(u), 0;
	u->in_doubt = u->from_before = false;
	u->went_on = rs.uploaded_bytes > 0;
	u->have_bytes = rs.uploaded_bytes;
	return take_location(u, &rs, err);
}

/* The registry takes no parts of this size, or none at all.  Return: 0 when there is another way;
 * -errno with a message. */
static int change_parts(struct upload *u, const struct http_response *rs, uint64_t sent_bytes,
			struct err *err)
{
	uint64_t half = sent_bytes / 2;

	if (rs->status == 413 && half >= PART_LEAST_BYTES && half >= u->part_min_bytes &&
	    !u->takes_no_parts) {
		u->part_bytes = half;
		u->in_doubt = true;
		return 0;
	}
	if (rs->status != 413 && !u->takes_no_parts) {
		forget_upload(u);
		u->takes_no_parts = true;
		return 0;
	}
	return registry_push_refused(u->reg, rs, err);
}

/* The upload is further than expected: libcurl may have sent a request twice, because its
 * connection was gone, or the registry took something other than was sent. */
static bool doubt_again(struct upload *u)
{
	if (!u->doubted) {
		u->doubted = true;
		return true;
	}
	if (!u->went_on || u->never_goes_on)
		return false;
	u->never_goes_on = true;
	return true;
}

/* Decides about the answer to a part, or to the end of an upload, that is no success. */
static int judge_refusal(struct upload *u, const struct http_response *rs, bool is_part,
			 uint64_t sent_bytes, struct err *err)
{
	int r = registry_push_refused(u->reg, rs, err);

	u->in_doubt = true;
	if (rs->status == 404) {
		forget_upload(u);
		return err_set(err, -ECONNRESET, "registry %s has forgotten the upload",
			       u->reg->ref->registry);
	}
	if (retry_is_passing(0, rs->status))
		return -ECONNRESET;
	if (rs->status == 413 ||
	    (is_part && (rs->status == 400 || rs->status == 405 || rs->status == 501)))
		return change_parts(u, rs, sent_bytes, err);
	return rs->status == 400 && doubt_again(u) ? -ECONNRESET : r;
}

static void report_part(void *arg, uint64_t bytes)
{
	const struct upload *u = arg;
	const struct http_body *all = u->in->content;

	if (all->sent)
		all->sent(all->arg, u->have_bytes + bytes);
}

static struct http_body part_of(struct upload *u, uint64_t bytes)
{
	struct http_body part = *u->in->content;

	part.at = u->have_bytes;
	part.len = bytes;
	part.sent = report_part;
	part.arg = u;
	return part;
}

/* Notes a part.  A registry that took only some of it says so. */
static int note_part(struct upload *u, const struct http_response *rs, uint64_t bytes,
		     struct err *err)
{
	uint64_t end = u->have_bytes + bytes;

	if (rs->has_uploaded && rs->uploaded_bytes > 0 && rs->uploaded_bytes < end) {
		if (rs->uploaded_bytes <= u->have_bytes)
			return err_set(err, -ECONNRESET,
				       "registry %s took nothing of what was sent",
				       u->reg->ref->registry);
		end = rs->uploaded_bytes;
	}
	u->have_bytes = end;
	return 0;
}

static int send_part(struct upload *u, uint64_t bytes, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	struct http_body part = part_of(u, bytes);
	struct http_request rq = {
		.method = "PATCH", .url = u->url, .body = &part, .max_bytes = ANSWER_MAX_BYTES
	};
	int r;

	part.is_part = true;
	r = send_there(u, &rq, &rs, err);
	if (r < 0)
		return r;
	if (rs.status != 202 && rs.status != 204 && rs.status != 201)
		return judge_refusal(u, &rs, true, bytes, err);
	r = note_part(u, &rs, bytes, err);
	return r == 0 ? take_location(u, &rs, err) : r;
}

/* Sends the last request, with all that is missing.
 * Return: 1; 0 when another way is to be tried. */
static int end_upload(struct upload *u, uint64_t bytes, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *query = str_printf("digest=%s", u->in->digest->text), *url = NULL;
	struct http_body rest = part_of(u, bytes);
	struct http_request rq = { .method = "PUT", .body = &rest, .max_bytes = ANSWER_MAX_BYTES };
	int r = query ? url_resolve(u->url, u->url, query, &url, err) : err_nomem(err);

	if (r < 0)
		return r;
	rq.url = url;
	r = send_there(u, &rq, &rs, err);
	if (r < 0)
		return r;
	if (rs.status == 201 || rs.status == 204)
		return 1;
	return judge_refusal(u, &rs, false, bytes, err);
}

static int send_next(struct upload *u, struct err *err)
{
	uint64_t left = u->in->content->len - u->have_bytes, part;

	part = upload_part_bytes(left, u->part_bytes, u->part_min_bytes);
	if (u->takes_no_parts || left == 0 || (part == left && u->have_bytes == 0))
		return end_upload(u, left, err);
	return send_part(u, part, err);
}

/* Asks about an earlier push's upload.  On any failure a new one is opened instead. */
static int ask_former(struct upload *u, struct err *err)
{
	int r = ask_state(u, err);

	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	if (u->from_before)
		forget_upload(u);
	return 0;
}

static int next_step(struct upload *u, struct err *err)
{
	if (!u->url)
		return open_upload(u, err);
	if (u->from_before)
		return ask_former(u, err);
	return u->in_doubt ? ask_state(u, err) : send_next(u, err);
}

static int run_upload(struct upload *u, struct err *err)
{
	for (;;) {
		int r = next_step(u, err), wait;

		if (r > 0)
			return 0;
		if (r == 0)
			continue;
		if (!retry_is_passing(r, 0))
			return r;
		wait = retry_wait(&u->patience, u->http, u->have_bytes);
		if (wait == -ECANCELED)
			return err_set(err, -ECANCELED, "cancelled");
		if (wait < 0)
			return r;
	}
}

/* Continues an earlier push's upload.  @url: its address; NULL: there is none */
static void take_former(struct upload *u, char **url)
{
	if (!*url || go_on_at(u, url, NULL) < 0)
		return;
	u->have_bytes = 0;
	u->in_doubt = u->from_before = true;
}

static int put_blob(struct upload *u, struct err *err)
{
	cleanup_free char *former = upload_kept_read(&u->kept);
	int r = u->in->mount_from ? try_mount(u, u->in->mount_from, err) : 0;

	if (r > 0 || (r < 0 && !retry_is_passing(r, 0)))
		return r;
	take_former(u, &former);
	return run_upload(u, err);
}

int registry_put_blob(struct registry *reg, struct http *h, const struct blob_upload *in,
		      struct err *err)
{
	bool is_small = in->content->len < KEPT_FROM_BYTES;
	struct upload u = { .reg = reg, .http = h, .in = in, .part_bytes = PART_BYTES };
	int r = upload_kept_begin(&u.kept, is_small ? NULL : in->store, reg->base, in->digest,
				  http_progress(h));

	if (r < 0)
		return err_set(err, r, r == -ECANCELED ? "cancelled" : "out of memory");
	/* Another push, which was waited for, may have brought the blob. */
	if (r == 1)
		r = registry_has_blob(reg, h, in->digest, err);
	r = r == 1 ? 0 : r == 0 ? put_blob(&u, err) : r;
	if (r >= 0)
		upload_kept_drop(&u.kept);
	upload_kept_end(&u.kept);
	free(u.url);
	return r < 0 ? err_wrap(err, "upload of %.19s", in->digest->text), r : r;
}
