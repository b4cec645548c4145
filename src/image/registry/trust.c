/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/demand.h"
#include "image/registry/mirror.h"
#include "image/registry/pull-inner.h"
#include "image/registry/referrers.h"
#include "image/registry/registry-inner.h"
#include "image/registry/text.h"
#include "image/store/blob.h"
#include "oci/bundle.h"
#include "oci/index.h"
#include "oci/signature.h"

/*
 * Theory of operation: cosign puts the signatures of a manifest with digest sha256:HEX into a
 * manifest of their own: under the tag sha256-HEX.sig of the same repository, or as one that refers
 * to it (distribution-spec "Listing Referrers", or the index with the tag sha256-HEX where a
 * registry has no such list), as bundles do since its version 3.  Each that is by the right key,
 * for this digest and this image's name, meets a demand; all demands must be met.  A signature that
 * is not right is as good as none, so nobody can spoil the image by adding one.  Mirrors are asked
 * first, and then the registry, as a mirror need not have what was signed after the image came to
 * it.
 *
 * The registry is hostile: it can withhold signatures and give old ones, but not make any.
 */

#define REFERRERS_MAX 32 /* most entries of a server's list */
#define DEMANDS_MAX   2

struct trial {
	struct registry *reg;
	struct http *h;
	const struct reference *ref;
	const struct buf *manifest;
	struct digest digest; /* of the manifest; sha256 */
	struct demand demands[DEMANDS_MAX];
	size_t n_demands;
	size_t n_signatures, n_keyless, n_attestations;
	size_t at;	     /* number of the server being asked, see registry_server() */
	char **tried;	     /* digests of the entries that were looked at */
	size_t n_tried_here; /* entries of this server's list that were looked at */
	struct err damage;   /* error of the first signature that cannot be read */
};

static void trial_reset(struct trial *t)
{
	for (size_t i = 0; i < t->n_demands; i++)
		demand_reset(&t->demands[i]);
	strv_free(t->tried);
}

static bool all_are_met(const struct trial *t)
{
	for (size_t i = 0; i < t->n_demands; i++)
		if (!t->demands[i].is_met)
			return false;
	return true;
}

/* Is an error about the signature, and not about reaching it? */
static bool is_bad_content(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -ENOENT;
}

/* Goes on after a signature that cannot be read: it counts as none. */
static int pass_over(struct trial *t, int r, const struct err *err)
{
	if (!is_bad_content(r))
		return r;
	if (!t->damage.code && err)
		t->damage = *err;
	return 0;
}

static int judge_candidate(struct trial *t, const struct candidate *c, bool has_certificate,
			   struct err *err)
{
	int r = 0;

	t->n_signatures++;
	t->n_keyless += has_certificate;
	for (size_t i = 0; r == 0 && i < t->n_demands; i++)
		r = demand_judge(&t->demands[i], c, t->ref, &t->digest, err);
	return r;
}

static int read_simple(const struct buf *content, const struct digest *manifest,
		       struct oci_signed *ret, struct err *err)
{
	(void)manifest;
	return oci_signed_read(content->data ? content->data : "", content->len, ret, err);
}

static int read_statement(const struct buf *content, const struct digest *manifest,
			  struct oci_signed *ret, struct err *err)
{
	return oci_statement_read(content->data ? content->data : "", content->len, manifest, ret,
				  err);
}

static int try_bundle(struct trial *t, const struct buf *text, struct err *err)
{
	cleanup(oci_bundle_reset) struct oci_bundle b = { 0 };
	int r = oci_bundle_read(text->data ? text->data : "", text->len, &b, err);
	const struct candidate c = { .signature = b.signature,
				     .text = b.of_statement ? b.signed_text : *t->manifest,
				     .read = b.of_statement ? read_statement : NULL,
				     .content = b.statement };

	return r == 0 ? judge_candidate(t, &c, b.has_certificate, err) : r;
}

static int try_signature(struct trial *t, const struct oci_signature *s, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = registry_text(t->reg, t->h, &s->payload, &text, err);
	const struct candidate c = {
		.signature = s->signature, .text = text, .read = read_simple, .content = text
	};

	if (r < 0)
		err_wrap(err, "what was signed");
	else if (s->is_bundle)
		r = try_bundle(t, &text, err);
	else
		r = judge_candidate(t, &c, s->has_certificate, err);
	return pass_over(t, r, err);
}

static int try_document(struct trial *t, const struct document *doc, struct err *err)
{
	cleanup(oci_signatures_reset) struct oci_signatures list = { 0 };
	int r = oci_signatures_read(doc->text.data ? doc->text.data : "", doc->text.len, &list,
				    err);

	if (r < 0)
		return pass_over(t, r, err);
	for (size_t i = 0; r == 0 && i < list.n && !all_are_met(t); i++)
		r = try_signature(t, &list.list[i], err);
	return r;
}

/* Notes an entry, as the next server may list it again.  Return: 1 if it is new; 0; -ENOMEM. */
static int note_tried(struct trial *t, const struct digest *d)
{
	if (strv_has(t->tried, d->text))
		return 0;
	return strv_add(&t->tried, d->text) < 0 ? -ENOMEM : 1;
}

static int try_tag(struct trial *t, struct registry *server, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_free char *tag = str_printf("sha256-%s.sig", digest_hex(&t->digest));
	int r = tag ? registry_get_manifest(server, t->h, tag, &doc, err) : err_nomem(err);

	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	r = note_tried(t, &doc.digest);
	if (r < 0)
		return err_nomem(err);
	return r == 1 ? try_document(t, &doc, err) : 0;
}

static int try_referrer(struct trial *t, const struct oci_descriptor *d, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	int r = registry_manifest(t->reg, t->h, d->digest.text, &doc, err);

	if (r == 0)
		r = pull_check_announced(&doc, d, err);
	if (r < 0)
		return pass_over(t, r, err);
	return try_document(t, &doc, err);
}

static int look_at_referrer(void *arg, const struct oci_descriptor *d, struct err *err)
{
	struct trial *t = arg;
	bool attests;
	int r;

	if (!oci_is_manifest(d->media_type))
		return 0;
	if (!oci_may_sign(d, &attests)) {
		t->n_attestations += attests;
		return 0;
	}
	r = t->n_tried_here < REFERRERS_MAX ? note_tried(t, &d->digest) : 0;
	if (r <= 0)
		return r < 0 ? err_nomem(err) : 0;
	t->n_tried_here++;
	/* A server that lists an entry has it, as a rule. */
	t->reg->first = t->at;
	r = try_referrer(t, d, err);
	return r < 0 ? r : all_are_met(t);
}

static int try_referrers(struct trial *t, struct registry *server, struct err *err)
{
	const struct referrers_taker taker = { look_at_referrer, t };
	int r = referrers_each(server, t->h, &t->digest, &taker, err);

	return r < 0 ? pass_over(t, r, err) : 0;
}

/* Searches one mirror, or the registry itself. */
static int search_server(struct trial *t, struct err *err)
{
	struct registry *server = registry_server(t->reg, t->at);
	int r;

	t->reg->first = t->at;
	t->n_tried_here = 0;
	r = try_tag(t, server, err);
	if (r == 0 && !all_are_met(t))
		r = try_referrers(t, server, err);
	return r;
}

/* Writes why no signature is by the right key. */
static void say_why(const struct trial *t, char *ret, size_t max)
{
	const char *plural = t->n_signatures == 1 ? "" : "s";

	if (t->n_signatures > 0 && t->n_keyless == t->n_signatures)
		snprintf(ret, max,
			 "%zu signature%s, made by certificate (\"keyless\"), which moat does not "
			 "check: have it signed with a key (cosign sign --key)",
			 t->n_signatures, plural);
	else if (t->n_signatures > 0)
		snprintf(ret, max, "%zu signature%s, and none by the right key", t->n_signatures,
			 plural);
	else if (t->damage.code)
		snprintf(ret, max, "its signature cannot be read (%.400s)", t->damage.msg);
	else
		snprintf(ret, max, "it is not signed%s",
			 t->n_attestations ? "; there are only attestations about it" : "");
}

static int refuse_image(const struct trial *t, struct err *err)
{
	const struct demand *d = t->demands;
	char why[512];

	while (d->is_met)
		d++;
	say_why(t, why, sizeof(why));
	return err_set(err, -EPERM, "refused (%s): %s; a signature is demanded by %s",
		       t->digest.text, d->why.code ? d->why.msg : why, d->by);
}

static int search_signatures(struct trial *t, struct err *err)
{
	size_t first = t->reg->first;
	int r = 0;

	/* Servers before this one did not have the image. */
	for (t->at = first; t->at <= t->reg->n_mirrors && !all_are_met(t); t->at++) {
		r = search_server(t, err);
		if (r == -ECANCELED || r == -ENOMEM)
			break;
	}
	/* The server that had the signatures need not have the image. */
	t->reg->first = first;
	if (r < 0)
		return err_wrap(err, "signatures");
	return all_are_met(t) ? 0 : refuse_image(t, err);
}

static int read_demands(struct trial *t, const struct image_pull *in, struct err *err)
{
	const struct signature_policy *p =
		settings_signatures(in->access.settings, in->ref->registry, in->ref->repository);
	int r = 0;

	if (in->verify_key)
		r = demand_of_key(in->verify_key, in->ref, &t->demands[t->n_demands++], err);
	if (r == 0 && p && p->keys)
		r = demand_of_policy(p, in->ref, &t->demands[t->n_demands++], err);
	return r;
}

static int take_proofs(const struct trial *t, char ***ret, struct err *err)
{
	for (size_t i = 0; i < t->n_demands; i++)
		if (strv_add(ret, t->demands[i].proof) < 0)
			return err_nomem(err);
	return 0;
}

int trust_check(const struct fetcher *f, const struct image_pull *in, const struct buf *manifest,
		char ***ret_verified, struct err *err)
{
	cleanup(trial_reset) struct trial t = {
		.reg = f->reg, .h = f->http, .ref = in->ref, .manifest = manifest
	};
	int r = read_demands(&t, in, err);

	if (r < 0 || t.n_demands == 0)
		return r;
	r = digest_of(manifest->data ? manifest->data : "", manifest->len, &t.digest);
	if (r < 0)
		return err_errno(err, r, "hash");
	r = search_signatures(&t, err);
	return r == 0 ? take_proofs(&t, ret_verified, err) : r;
}
