/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/pubkey.h"
#include "base/str.h"
#include "image/registry/pull-inner.h"
#include "image/registry/registry-inner.h"
#include "image/registry/retry.h"
#include "image/registry/text.h"
#include "image/store/blob.h"
#include "oci/index.h"
#include "oci/signature.h"

/*
 * Theory of operation: cosign puts the signatures of a manifest with digest sha256:HEX into a
 * manifest of their own: under the tag sha256-HEX.sig of the same repository, or as one that refers
 * to it (distribution-spec "Listing Referrers", or the index with the tag sha256-HEX where a
 * registry has no such list).  Each text in it that is signed by the right key, for this digest and
 * this image's name, meets a demand; all demands must be met.  A signature that is not right is as
 * good as none, so nobody can spoil the image by adding one.
 *
 * The registry is hostile: it can withhold signatures and give old ones, but not make any.
 */

#define REFERRERS_MAX 16

/* Who must have signed. */
struct demand {
	struct pubkeys *keys;
	char *expected; /* name that the signature must be for, without tag; NULL: any */
	char *by;	/* who demands it, for messages */
	bool is_met;
	struct err why; /* not, of the signature that came closest */
};

struct trial {
	struct registry *reg;
	struct http *h;
	const struct reference *ref;
	struct digest digest; /* of the manifest, of sha256 */
	struct demand demands[2];
	size_t n_demands, n_signatures;
};

static void trial_reset(struct trial *t)
{
	for (size_t i = 0; i < t->n_demands; i++) {
		pubkeys_free(t->demands[i].keys);
		free(t->demands[i].expected);
		free(t->demands[i].by);
	}
}

static int add_demand(struct trial *t, const struct buf *pem, char *expected, char *by,
		      struct err *err)
{
	struct demand *d = &t->demands[t->n_demands++];

	d->expected = expected;
	d->by = by;
	if (!by)
		return err_nomem(err);
	return pubkeys_read(pem->data ? pem->data : "", pem->len, &d->keys, err);
}

static char *own_name(const struct reference *ref)
{
	return str_printf("%s/%s", ref->registry, ref->repository);
}

static int demand_key(struct trial *t, const char *pem, struct err *err)
{
	const struct buf text = { .data = (char *)(uintptr_t)pem, .len = strlen(pem) };
	char *name = own_name(t->ref);
	int r = add_demand(t, &text, name, strdup("--verify"), err);

	if (r == 0 && !name)
		return err_nomem(err);
	return r < 0 ? err_wrap(err, "the key of --verify") : 0;
}

/* Where the policy has another name for the beginning of an image's, that.  @ret: NULL: any. */
static int expected_name(const struct reference *ref, const struct signature_policy *p, char **ret)
{
	cleanup_free char *name = own_name(ref);
	const char *rest = name ? str_starts(name, p->name) : NULL;

	if (p->identity && streq(p->identity, "*"))
		*ret = NULL;
	else if (!p->identity)
		*ret = name ? strdup(name) : NULL;
	else
		*ret = str_printf("%s%s", p->identity, rest ? rest : "");
	return *ret || (p->identity && streq(p->identity, "*")) ? 0 : -ENOMEM;
}

static int read_key_files(char *const *files, struct buf *ret, struct err *err)
{
	for (; *files; files++) {
		cleanup_close int fd = open(*files, O_RDONLY | O_CLOEXEC);
		int r = fd < 0 ? -errno : fd_read_file(fd, PUBKEY_MAX_BYTES, ret);

		if (r == 0)
			r = buf_adds(ret, "\n");
		if (r < 0)
			return err_errno(err, r == -ENOENT ? -EINVAL : r, "key %s of the settings",
					 *files);
	}
	return 0;
}

static int demand_policy(struct trial *t, const struct signature_policy *p, struct err *err)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	char *expected;
	int r;

	if (!p || !p->keys)
		return 0;
	r = read_key_files(p->keys, &pem, err);
	if (r < 0)
		return r;
	if (expected_name(t->ref, p, &expected) < 0)
		return err_nomem(err);
	r = add_demand(t, &pem, expected,
		       str_printf("\"signatures\" of \"%s\" in moat's settings", p->name), err);
	return r < 0 ? err_wrap(err, "keys of \"%s\" in moat's settings", p->name) : 0;
}

/* Is what was signed this image? */
static int check_signed(const struct trial *t, const struct demand *d, const struct buf *text,
			struct err *err)
{
	cleanup(oci_signed_reset) struct oci_signed s = { 0 };
	cleanup_free char *name = NULL;
	int r = oci_signed_read(text->data ? text->data : "", text->len, &s, err);

	if (r < 0)
		return r;
	name = own_name(s.identity);
	if (!name)
		return err_nomem(err);
	if (!streq(s.manifest.text, t->digest.text))
		return err_set(err, -EPERM, "a signature by the right key is for another image, %s",
			       s.manifest.text);
	if (d->expected && !streq(name, d->expected))
		return err_set(err, -EPERM, "the signature by the right key is for %s, not for %s",
			       name, d->expected);
	if (d->expected && s.has_tag && t->ref->tag && !digest_is_set(&t->ref->digest) &&
	    !streq(s.identity->tag, t->ref->tag))
		return err_set(err, -EPERM,
			       "the signature by the right key is for the tag %s, not for %s",
			       s.identity->tag, t->ref->tag);
	return 0;
}

static bool judge(const struct trial *t, struct demand *d, const struct oci_signature *s,
		  const struct buf *text)
{
	if (pubkeys_verify(d->keys, text->data ? text->data : "", text->len, s->signature.data,
			   s->signature.len))
		d->is_met = check_signed(t, d, text, &d->why) == 0;
	return d->is_met;
}

static bool all_are_met(const struct trial *t)
{
	for (size_t i = 0; i < t->n_demands; i++)
		if (!t->demands[i].is_met)
			return false;
	return true;
}

/* Is an error the signature's, and not the world's? */
static bool is_bad_content(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -ENOENT;
}

static int try_signature(struct trial *t, const struct oci_signature *s, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = registry_text(t->reg, t->h, &s->payload, "what was signed", &text, err);

	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	t->n_signatures++;
	for (size_t i = 0; i < t->n_demands; i++)
		if (!t->demands[i].is_met)
			(void)judge(t, &t->demands[i], s, &text);
	return 0;
}

static int try_document(struct trial *t, const struct document *doc, struct err *err)
{
	cleanup(oci_signatures_reset) struct oci_signatures list = { 0 };
	int r = oci_signatures_read(doc->text.data ? doc->text.data : "", doc->text.len, &list,
				    err);

	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	for (size_t i = 0; r == 0 && i < list.n && !all_are_met(t); i++)
		r = try_signature(t, &list.list[i], err);
	return r;
}

/* "sha256-HEX" and @suffix: cosign's tags, and the distribution-spec's */
static char *tag_of(const struct trial *t, const char *suffix)
{
	return str_printf("sha256-%s%s", digest_hex(&t->digest), suffix);
}

static int try_tag(struct trial *t, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_free char *tag = tag_of(t, ".sig");
	int r = tag ? registry_manifest(t->reg, t->h, tag, &doc, err) : err_nomem(err);

	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	return try_document(t, &doc, err);
}

/* Return: 1 when there is a list of what refers to the image; 0; -errno. */
static int get_referrers(struct trial *t, struct document *ret, struct err *err)
{
	cleanup_free char *path = str_printf("/referrers/%s", t->digest.text), *tag = tag_of(t, "");
	cleanup(http_response_reset) struct http_response rs = { 0 };
	struct http_request rq = { .path = path,
				   .accept = MEDIA_OCI_INDEX,
				   .max_bytes = OCI_MANIFEST_MAX_BYTES };
	int r = path && tag ? registry_retry(t->reg, t->h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	if (rs.status == 200 && rs.content_type && oci_is_index(rs.content_type)) {
		ret->text = rs.body;
		rs.body = BUF_INIT;
		return 1;
	}
	r = registry_manifest(t->reg, t->h, tag, ret, err);
	return r < 0 && is_bad_content(r) ? 0 : r < 0 ? r : oci_is_index(ret->media_type);
}

static int try_referrer(struct trial *t, const struct oci_descriptor *d, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	int r = registry_manifest(t->reg, t->h, d->digest.text, &doc, err);

	if (r == 0)
		r = pull_check_announced(&doc, d, err);
	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	return try_document(t, &doc, err);
}

static int try_referrers(struct trial *t, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_oci_index struct oci_index *ix = NULL;
	size_t tried = 0;
	int r = get_referrers(t, &doc, err);

	if (r <= 0)
		return r;
	r = oci_index_parse(doc.text.data ? doc.text.data : "", doc.text.len, &ix, err);
	if (r < 0)
		return is_bad_content(r) ? 0 : r;
	for (size_t i = 0; r == 0 && i < ix->n_manifests && !all_are_met(t); i++)
		if (oci_is_manifest(ix->manifests[i].media_type) && tried++ < REFERRERS_MAX)
			r = try_referrer(t, &ix->manifests[i], err);
	return r;
}

static int refuse(const struct trial *t, struct err *err)
{
	const struct demand *d = t->demands;
	char none[96] = "it is not signed";

	while (d->is_met)
		d++;
	if (t->n_signatures > 0)
		snprintf(none, sizeof(none), "%zu signature%s, and none by the right key",
			 t->n_signatures, t->n_signatures == 1 ? "" : "s");
	return err_set(err, -EPERM, "refused (%s): %s; a signature is demanded by %s",
		       t->digest.text, d->why.code ? d->why.msg : none, d->by);
}

static int search(struct trial *t, struct err *err)
{
	size_t first = t->reg->first;
	int r = try_tag(t, err);

	if (r == 0 && !all_are_met(t))
		r = try_referrers(t, err);
	/* Whoever had the signatures need not have the image. */
	t->reg->first = first;
	if (r < 0)
		return err_wrap(err, "signatures");
	return all_are_met(t) ? 0 : refuse(t, err);
}

int trust_check(struct registry *reg, struct http *h, const struct image_pull *in,
		const struct buf *manifest, struct err *err)
{
	cleanup(trial_reset) struct trial t = { .reg = reg, .h = h, .ref = in->ref };
	int r = in->verify_key ? demand_key(&t, in->verify_key, err) : 0;

	if (r == 0)
		r = demand_policy(&t,
				  settings_signatures(in->access.settings, in->ref->registry,
						      in->ref->repository),
				  err);
	if (r < 0 || t.n_demands == 0)
		return r;
	r = digest_of(manifest->data ? manifest->data : "", manifest->len, &t.digest);
	return r < 0 ? err_errno(err, r, "hash") : search(&t, err);
}
