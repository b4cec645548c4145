/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/str.h"

/*
 * Theory of operation: a reference is [REGISTRY/]PATH[:TAG][@DIGEST].  It is cut from the right:
 * the digest at the first "@", the tag at a ":" behind the last "/", and what remains is split at
 * its first "/" by docker's rule: the first part is a registry only when it has a dot, a colon or
 * an upper-case letter, or is "localhost".  Every part is then checked against its own grammar.
 *
 * The text comes from the user, and from names inside hostile archives.
 */

#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM	    LOWER_ALNUM UPPER

#define DEFAULT_REGISTRY "docker.io"
#define DEFAULT_FOLDER	 "library/"
#define DEFAULT_TAG	 "latest"

#define REPOSITORY_MAX 255
#define REGISTRY_MAX   261 /* bytes of a DNS name and ":65535" */
#define TAG_MAX	       128

int digest_parse(const char *text, struct digest *ret, struct err *err)
{
	const char *hex = str_starts(text, "sha256:");
	size_t len = DIGEST_HEX_LEN;

	if (!hex) {
		hex = str_starts(text, "sha512:");
		len = DIGEST_HEX_MAX;
	}
	if (!hex)
		return err_set(err, -EINVAL,
			       "unsupported digest: only sha256 and sha512 are known");
	if (strlen(hex) != len || !hex_is_lower(hex, len))
		return err_set(err, -EINVAL,
			       "invalid digest: %zu lower-case hex digits are expected", len);
	*ret = (struct digest){ 0 };
	memcpy(ret->text, text, strlen(text));
	return 0;
}

void reference_free(struct reference *r)
{
	if (!r)
		return;
	free(r->registry);
	free(r->repository);
	free(r->tag);
	free(r);
}

static int invalid_reference(const char *text, struct err *err)
{
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return err_set(err, -EINVAL, "invalid reference format");
	return err_set(err, -EINVAL, "invalid reference format: \"%.300s\"", text);
}

/* Checks "[" hex and colons "]", or labels joined by dots; either with an optional port. */
static bool registry_valid(const char *s)
{
	size_t n;

	if (strlen(s) > REGISTRY_MAX)
		return false;
	if (*s == '[') {
		n = strspn(s + 1, "0123456789abcdefABCDEF:");
		if (n == 0 || s[n + 1] != ']')
			return false;
		s += n + 2;
	} else {
		for (;; s++) {
			n = strspn(s, ALNUM "-");
			if (n == 0 || s[0] == '-' || s[n - 1] == '-')
				return false;
			s += n;
			if (*s != '.')
				break;
		}
	}
	if (*s == ':') {
		n = strspn(s + 1, "0123456789");
		if (n == 0 || n > 5)
			return false;
		s += n + 1;
	}
	return *s == '\0';
}

/* Checks components of lower-case letters and digits, joined inside by ".", "_", "__" or any number
 * of "-". */
static bool repository_valid(const char *s)
{
	for (;;) {
		size_t n = strspn(s, LOWER_ALNUM);

		if (n == 0)
			return false;
		s += n;
		if (*s == '\0')
			return true;
		if (*s == '-')
			s += strspn(s, "-");
		else if (s[0] == '_' && s[1] == '_')
			s += 2;
		else if (*s == '.' || *s == '_' || *s == '/')
			s++;
		else
			return false;
	}
}

static bool tag_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= TAG_MAX && *s != '.' && *s != '-' && strspn(s, ALNUM "_.-") == n;
}

/* Is the first part of a name, @len bytes long, a registry? */
static bool is_registry(const char *name, size_t len)
{
	if (len == strlen("localhost") && memcmp(name, "localhost", len) == 0)
		return true;
	return strcspn(name, ".:" UPPER) < len;
}

static int split_name(const char *name, struct reference *r)
{
	const char *slash = strchr(name, '/');
	const char *path = name;

	if (slash && is_registry(name, (size_t)(slash - name))) {
		r->registry = strndup(name, (size_t)(slash - name));
		path = slash + 1;
	} else {
		r->registry = strdup(DEFAULT_REGISTRY);
	}
	if (r->registry && streq(r->registry, "index.docker.io")) {
		free(r->registry);
		r->registry = strdup(DEFAULT_REGISTRY);
	}
	if (!r->registry)
		return -ENOMEM;
	if (streq(r->registry, DEFAULT_REGISTRY) && !strchr(path, '/'))
		r->repository = str_printf(DEFAULT_FOLDER "%s", path);
	else
		r->repository = strdup(path);
	return r->repository ? 0 : -ENOMEM;
}

static int check_reference(const struct reference *r, const char *text, struct err *err)
{
	if (!registry_valid(r->registry))
		return invalid_reference(text, err);
	if (strspn(r->repository, ALNUM "._-/") == strlen(r->repository) &&
	    strpbrk(r->repository, UPPER))
		return err_set(
			err, -EINVAL,
			"invalid reference format: repository name (%.300s) must be lowercase",
			r->repository);
	if (!repository_valid(r->repository) || (r->tag && !tag_valid(r->tag)))
		return invalid_reference(text, err);
	if (strlen(r->repository) > REPOSITORY_MAX)
		return err_set(err, -EINVAL, "repository name must not be more than %d characters",
			       REPOSITORY_MAX);
	return 0;
}

/* Cuts "@digest" and ":tag" off the end of @name. */
static int take_suffixes(char *name, struct reference *r, struct err *err)
{
	char *at = strchr(name, '@');
	char *slash, *colon;
	int rc;

	if (at) {
		*at = '\0';
		rc = digest_parse(at + 1, &r->digest, err);
		if (rc < 0)
			return err_wrap(err, "invalid reference format");
	}
	slash = strrchr(name, '/');
	colon = strchr(slash ? slash : name, ':');
	if (colon) {
		*colon = '\0';
		r->tag = strdup(colon + 1);
	} else if (!at) {
		r->tag = strdup(DEFAULT_TAG);
	}
	return (colon || !at) && !r->tag ? err_nomem(err) : 0;
}

int reference_parse(const char *text, struct reference **ret, struct err *err)
{
	cleanup_reference struct reference *r = calloc(1, sizeof(*r));
	cleanup_free char *name = strdup(text);
	int rc;

	if (!r || !name)
		return err_nomem(err);
	if (strlen(text) == DIGEST_HEX_LEN && hex_is_lower(text, DIGEST_HEX_LEN))
		return err_set(
			err, -EINVAL,
			"invalid repository name (%s), cannot specify 64-byte hexadecimal strings",
			text);
	rc = take_suffixes(name, r, err);
	if (rc == 0 && split_name(name, r) < 0)
		rc = err_nomem(err);
	if (rc == 0)
		rc = check_reference(r, text, err);
	if (rc < 0)
		return rc;
	*ret = take_ptr(r);
	return 0;
}

static char *format_reference(const struct reference *r, const char *registry,
			      const char *repository)
{
	return str_printf("%s%s%s%s%s%s%s", registry, *registry ? "/" : "", repository,
			  r->tag ? ":" : "", r->tag ? r->tag : "",
			  digest_is_set(&r->digest) ? "@" : "", r->digest.text);
}

char *reference_full(const struct reference *r)
{
	return format_reference(r, r->registry, r->repository);
}

char *reference_familiar(const struct reference *r)
{
	const char *slash = strchr(r->repository, '/');
	const char *rest = str_starts(r->repository, DEFAULT_FOLDER);

	if (!streq(r->registry, DEFAULT_REGISTRY))
		return reference_full(r);
	if (rest && !strchr(rest, '/'))
		return format_reference(r, "", rest);
	/* With its registry left out, docker.io/a.b/c would be read as c of the registry a.b. */
	if (slash && is_registry(r->repository, (size_t)(slash - r->repository)))
		return reference_full(r);
	return format_reference(r, "", r->repository);
}
