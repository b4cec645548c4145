/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/demand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

/*
 * Theory of operation: a demand is one of the user's, with --verify, or the settings'.  It is met
 * by one signature of this manifest that is by one of the demand's keys and, if it is for a name,
 * for the right one.  That proof is kept with the image, and compared with the settings before a
 * container is made: they may have changed, or the name may have gone to another image.
 *
 * The user chooses the keys; signatures may come from anybody.
 */

void demand_reset(struct demand *d)
{
	pubkeys_free(d->keys);
	free(d->expected);
	free(d->by);
	free(d->proof);
	*d = (struct demand){ 0 };
}

static char *name_of(const struct reference *ref)
{
	return str_printf("%s/%s", ref->registry, ref->repository);
}

static int read_keys(const struct buf *pem, struct demand *d, struct err *err)
{
	if (!d->by)
		return err_nomem(err);
	return pubkeys_read(pem->data ? pem->data : "", pem->len, &d->keys, err);
}

int demand_of_key(const char *pem, const struct reference *ref, struct demand *ret, struct err *err)
{
	const struct buf text = { .data = (char *)(uintptr_t)pem, .len = strlen(pem) };
	int r;

	*ret = (struct demand){ .by = strdup("--verify"), .expected = name_of(ref) };
	r = read_keys(&text, ret, err);
	if (r == 0 && !ret->expected)
		r = err_nomem(err);
	return r < 0 ? err_wrap(err, "the key of --verify") : 0;
}

/* Gets the name that a policy expects, where it replaces the beginning of an image's name.  @ret:
 * NULL: any. */
static int expected_name(const struct reference *ref, const struct signature_policy *p, char **ret)
{
	cleanup_free char *name = name_of(ref);
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

int demand_of_policy(const struct signature_policy *p, const struct reference *ref,
		     struct demand *ret, struct err *err)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	int r;

	*ret = (struct demand){ 0 };
	if (!p || !p->keys)
		return 0;
	r = read_key_files(p->keys, &pem, err);
	if (r < 0)
		return r;
	if (expected_name(ref, p, &ret->expected) < 0)
		return err_nomem(err);
	ret->by_name = p->identity && ret->expected;
	ret->by = str_printf("\"signatures\" of \"%s\" in moat's settings", p->name);
	r = read_keys(&pem, ret, err);
	return r < 0 ? err_wrap(err, "keys of \"%s\" in moat's settings", p->name) : 0;
}

/* @name: the name that was signed; NULL: none */
static int check_name(const struct demand *d, const char *name, struct err *err)
{
	if (!name && d->by_name)
		return err_set(err, -EPERM,
			       "the signature by the right key is for no name, and the settings' "
			       "\"identity\" demands %s",
			       d->expected);
	if (name && d->expected && !streq(name, d->expected))
		return err_set(err, -EPERM, "the signature by the right key is for %s, not for %s",
			       name, d->expected);
	return 0;
}

/* Splits NAME:TAG.  Return: the tag; NULL: there is none. */
static char *split_tag(char *name)
{
	char *colon = strrchr(name, ':');

	/* A colon with a slash behind it belongs to a registry's port. */
	if (!colon || strchr(colon, '/'))
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/* Is the signed name, and tag, the right one?  @text: NAME or NAME:TAG; NULL: the signature is for
 * none */
static int check_identity(const struct demand *d, const char *text, const struct reference *ref,
			  struct err *err)
{
	cleanup_free char *name = text ? strdup(text) : NULL;
	const char *tag = name ? split_tag(name) : NULL;
	int r;

	if (text && !name)
		return err_nomem(err);
	r = check_name(d, name, err);
	if (r == 0 && tag && d->expected && ref->tag && !digest_is_set(&ref->digest) &&
	    !streq(tag, ref->tag))
		return err_set(err, -EPERM,
			       "the signature by the right key is for the tag %s, not for %s", tag,
			       ref->tag);
	return r;
}

/* Is this image what was signed?  @ret: the signed NAME or NAME:TAG, owned; NULL: none. */
static int check_signed(struct demand *d, const struct candidate *c, const struct reference *ref,
			const struct digest *manifest, char **ret)
{
	struct err *err = &d->why;
	cleanup(oci_signed_reset) struct oci_signed s = { .manifest = *manifest };
	int r = c->read ? c->read(&c->content, manifest, &s, err) : 0;

	if (r < 0)
		return err_wrap(err, "what the right key signed");
	if (!digest_is_same(&s.manifest, manifest))
		return err_set(err, -EPERM, "a signature by the right key is for another image, %s",
			       s.manifest.text);
	if (s.identity) {
		*ret = str_printf("%s/%s%s%s", s.identity->registry, s.identity->repository,
				  s.has_tag ? ":" : "", s.has_tag ? s.identity->tag : "");
		if (!*ret)
			return err_nomem(err);
	}
	return check_identity(d, *ret, ref, err);
}

int demand_judge(struct demand *d, const struct candidate *c, const struct reference *ref,
		 const struct digest *manifest, struct err *err)
{
	cleanup_free char *name = NULL;
	const char *key = pubkeys_verify(d->keys, &c->text, &c->signature);
	int r;

	if (d->is_met || !key)
		return 0;
	r = check_signed(d, c, ref, manifest, &name);
	if (r < 0)
		return r == -ENOMEM ? err_nomem(err) : 0;
	d->proof =
		str_printf("%s/%s %s %s", ref->registry, ref->repository, key, name ? name : "-");
	d->is_met = d->proof;
	return d->is_met ? 0 : err_nomem(err);
}

/* Reads a proof.  @ret_signed: the signed NAME or NAME:TAG, borrowed; NULL: none.  Return: is the
 * proof for this name? */
static bool read_proof(const char *proof, const char *name, char ret_key[PUBKEY_ID_LEN + 1],
		       const char **ret_signed)
{
	const char *rest = str_starts(proof, name);

	if (!rest || *rest != ' ' || strlen(rest) < 1 + PUBKEY_ID_LEN + 2)
		return false;
	memcpy(ret_key, rest + 1, PUBKEY_ID_LEN);
	ret_key[PUBKEY_ID_LEN] = '\0';
	rest += 1 + PUBKEY_ID_LEN + 1;
	*ret_signed = streq(rest, "-") ? NULL : rest;
	return true;
}

/* Does a proof still count?  @d: today's demand of a name */
static bool is_met_by(struct demand *d, const struct reference *ref, const char *name,
		      const char *proof)
{
	char key[PUBKEY_ID_LEN + 1];
	const char *text;

	return read_proof(proof, name, key, &text) && pubkeys_have(d->keys, key) &&
	       check_identity(d, text, ref, &d->why) == 0;
}

static bool proves_name(const char *proof, const char *name, const char *tag)
{
	char key[PUBKEY_ID_LEN + 1];
	cleanup_free char *copy = NULL;
	const char *text, *signed_tag;

	if (!read_proof(proof, name, key, &text))
		return false;
	copy = text ? strdup(text) : NULL;
	signed_tag = copy ? split_tag(copy) : NULL;
	return !text || (copy && (!signed_tag || !tag || streq(signed_tag, tag)));
}

bool image_is_verified(const struct image *im, const char *name)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *bare = reference_parse(name, &ref, NULL) == 0 ? name_of(ref) : NULL;
	bool by_digest = bare && digest_is_set(&ref->digest);

	for (char **proof = im->verified; bare && proof && *proof; proof++)
		if (proves_name(*proof, bare, by_digest ? NULL : ref->tag))
			return true;
	return false;
}

static int check_stored(const struct image *im, const struct reference *ref,
			const struct settings *settings, struct err *err)
{
	const struct signature_policy *p =
		settings_signatures(settings, ref->registry, ref->repository);
	cleanup(demand_reset) struct demand d = { 0 };
	cleanup_free char *name = name_of(ref);
	int r = name ? demand_of_policy(p, ref, &d, err) : err_nomem(err);

	if (r < 0 || !d.keys)
		return r;
	for (char **proof = im->verified; proof && *proof; proof++)
		if (is_met_by(&d, ref, name, *proof))
			return 0;
	return err_set(err, -EPERM,
		       "refused: a signature is demanded by %s, and no right one was seen of this "
		       "image by the name %s%s%s: pull it",
		       d.by, name, d.why.code ? "; " : "", d.why.code ? d.why.msg : "");
}

static int check_named(const struct image *im, const char *name, const struct settings *settings,
		       struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	int r = reference_parse(name, &ref, err);

	return r == 0 ? check_stored(im, ref, settings, err) : r;
}

/* Looks for one name that meets the settings; that is enough.  Return: 1 when there is one; 0; an
 * error. */
static int check_any(const struct image *im, char *const *names, const struct settings *settings,
		     struct err *err)
{
	int r = 0;

	for (; names && *names; names++) {
		r = check_named(im, *names, settings, err);
		if (r == 0)
			return 1;
	}
	return r;
}

int image_check_signed(const struct image *im, const char *name, const struct settings *settings,
		       struct err *err)
{
	int r, digests;

	if (name)
		return check_named(im, name, settings, err);
	r = check_any(im, im->tags, settings, err);
	digests = r > 0 ? 0 : check_any(im, im->repo_digests, settings, err);
	if (r > 0 || digests > 0)
		return 0;
	return r < 0 ? r : digests;
}
