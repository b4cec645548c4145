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
 * by one signature that is by one of its keys, of this manifest, and for the right name, where it
 * is for one.
 *
 * The user chooses the keys; signatures are anybody's.
 */

void demand_reset(struct demand *d)
{
	pubkeys_free(d->keys);
	free(d->expected);
	free(d->by);
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

/* Where the policy has another name for the beginning of an image's, that.  @ret: NULL: any. */
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

static int check_name(const struct demand *d, const struct oci_signed *s,
		      const struct reference *ref, struct err *err)
{
	cleanup_free char *name = s->identity ? name_of(s->identity) : NULL;

	if (!s->identity)
		return d->by_name
			       ? err_set(err, -EPERM,
					 "the signature by the right key is for no name, and the "
					 "settings' \"identity\" demands %s",
					 d->expected)
			       : 0;
	if (!name)
		return err_nomem(err);
	if (d->expected && !streq(name, d->expected))
		return err_set(err, -EPERM, "the signature by the right key is for %s, not for %s",
			       name, d->expected);
	if (d->expected && s->has_tag && ref->tag && !digest_is_set(&ref->digest) &&
	    !streq(s->identity->tag, ref->tag))
		return err_set(err, -EPERM,
			       "the signature by the right key is for the tag %s, not for %s",
			       s->identity->tag, ref->tag);
	return 0;
}

/* Is what was signed this image? */
static int check_signed(const struct demand *d, const struct candidate *c,
			const struct reference *ref, const struct digest *manifest, struct err *err)
{
	cleanup(oci_signed_reset) struct oci_signed s = { .manifest = *manifest };
	int r = c->read ? c->read(&c->content, manifest, &s, err) : 0;

	if (r < 0)
		return err_wrap(err, "what the right key signed");
	if (!digest_is_same(&s.manifest, manifest))
		return err_set(err, -EPERM, "a signature by the right key is for another image, %s",
			       s.manifest.text);
	return check_name(d, &s, ref, err);
}

void demand_judge(struct demand *d, const struct candidate *c, const struct reference *ref,
		  const struct digest *manifest)
{
	if (!d->is_met && pubkeys_verify(d->keys, c->text.data ? c->text.data : "", c->text.len,
					 c->signature.data, c->signature.len))
		d->is_met = check_signed(d, c, ref, manifest, &d->why) == 0;
}
