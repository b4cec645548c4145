/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutex.h"
#include "base/str.h"
#include "image/registry/redirect.h"
#include "image/registry/registry-inner.h"
#include "image/registry/retry.h"
#include "image/registry/token.h"
#include "image/store/blob.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: a request is sent with the authorization at hand; on 401 the registry's
 * challenge is answered once, with a token that all threads share, and the request repeated.
 * Requests that fail for a passing reason are tried again (retry.c).
 *
 * The registry is hostile: every document is checked against its digest, and by the caller against
 * its descriptor; a registry's texts are cleaned before they are shown.
 */

#define MANIFEST_TYPES                                                                             \
	MEDIA_OCI_INDEX ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_LIST ", " MEDIA_DOCKER_MANIFEST

/* The authorization of one request. */
struct grant {
	char *token;
	bool basic;
};

static void grant_reset(struct grant *g)
{
	free(g->token);
	*g = (struct grant){ 0 };
}

void registry_free(struct registry *reg)
{
	if (!reg)
		return;
	for (size_t i = 0; i < reg->n_mirrors; i++)
		registry_free(reg->mirrors[i]);
	free(reg->mirrors);
	pthread_mutex_destroy(&reg->lock);
	free(reg->host);
	free(reg->repository);
	free(reg->base);
	free(reg->name);
	free(reg->repository_name);
	strv_free(reg->scopes);
	free(reg->token);
	free(reg);
}

const char *registry_host(const char *name)
{
	return streq(name, "docker.io") ? "registry-1.docker.io" : name;
}

static int set_base(struct registry *reg)
{
	free(reg->base);
	reg->base = str_printf("%s://%s/v2/%s", address_scheme(&reg->address), reg->host,
			       reg->repository);
	return reg->base ? 0 : -ENOMEM;
}

int registry_make(const struct reference *ref, const char *repository,
		  const struct address *address, struct registry **ret, struct err *err)
{
	const struct reference bare = { .registry = ref->registry, .repository = ref->repository };
	cleanup_registry struct registry *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return err_nomem(err);
	pthread_mutex_init(&reg->lock, NULL);
	reg->ref = ref;
	reg->host = strdup(address->host);
	reg->address = *address;
	reg->address.host = reg->host;
	reg->repository = strdup(repository);
	reg->name = reference_familiar(ref);
	reg->repository_name = reference_familiar(&bare);
	if (!reg->host || !reg->repository || !reg->name || !reg->repository_name ||
	    set_base(reg) < 0 || strv_addf(&reg->scopes, "repository:%s:pull", repository) < 0)
		return err_nomem(err);
	*ret = take_ptr(reg);
	return 0;
}

int registry_new(const struct reference *ref, const struct registry_access *access,
		 struct registry **ret, struct err *err)
{
	const struct address a = address_of(access, registry_host(ref->registry));
	cleanup_registry struct registry *reg = NULL;
	int r;

	if (access->auth && access->auth->username && strchr(access->auth->username, ':'))
		return err_set(err, -EINVAL, "a user name cannot have a colon");
	r = registry_make(ref, ref->repository, &a, &reg, err);
	if (r < 0)
		return r;
	reg->auth = access->auth;
	r = registry_add_mirrors(reg, access->settings, err);
	if (r == 0)
		*ret = take_ptr(reg);
	return r;
}

/* Has a request sent with the authorization at hand, which it borrows from @ret. */
static int grant_now(struct registry *reg, struct http_request *rq, struct grant *ret)
{
	mutex_hold(&reg->lock);
	grant_reset(ret);
	ret->basic = reg->basic;
	if (reg->token && !(ret->token = strdup(reg->token)))
		return -ENOMEM;
	rq->bearer = ret->token;
	rq->username = ret->basic ? reg->auth->username : NULL;
	rq->password = ret->basic ? reg->auth->password : NULL;
	return 0;
}

static int access_denied(const struct registry *reg, const char *why, struct err *err)
{
	return err_set(err, -EACCES,
		       "%s access denied for %s, repository does not exist or may require "
		       "'docker login'%s%s",
		       reg->pushes ? "push" : "pull", reg->repository_name, *why ? ": " : "", why);
}

/* Answers a challenge after a request with @used was refused.  Return: 0 when there is a new
 * authorization to try; -errno. */
static int answer_challenge(struct registry *reg, struct http *h, const struct grant *used,
			    char *const *challenges, struct err *err)
{
	struct challenge c;
	const struct token_request rq = { .challenge = &c,
					  .scopes = reg->scopes,
					  .auth = reg->auth };
	struct token token = { 0 };
	int r = 0;

	if (!challenges)
		return err_set(err, -EACCES, "the registry does not say how to log in");
	if (!challenge_choose(challenges, &c))
		return err_set(err, -EACCES, "the registry asks for a login of an unknown kind");
	mutex_hold(&reg->lock);
	if (c.kind == CHALLENGE_BASIC && !used->basic && reg->auth && reg->auth->username) {
		reg->basic = true;
	} else if (c.kind == CHALLENGE_BASIC) {
		r = err_set(err, -EACCES,
			    used->basic ? "wrong user name or password" : "no login given");
	} else if (!reg->token || (used->token && streq(reg->token, used->token))) {
		r = token_check_realm(c.realm, reg->base, http_settings(h), err);
		if (r == 0)
			r = token_fetch(h, &rq, &token, err);
		if (r == 0) {
			free(reg->token);
			reg->token = take_ptr(token.bearer);
		}
		token_reset(&token);
	}
	return r;
}

static int send_to_base(struct registry *reg, struct http *h, struct http_request *rq,
			struct http_response *ret, struct err *err)
{
	cleanup_free char *url = NULL;
	int r;

	if (rq->path) {
		pthread_mutex_lock(&reg->lock);
		url = str_printf("%s%s", reg->base, rq->path);
		pthread_mutex_unlock(&reg->lock);
		if (!url)
			return err_nomem(err);
		rq->url = url;
	}
	http_response_reset(ret);
	r = http_send(h, rq, ret, err);
	if (rq->path)
		rq->url = NULL;
	return r;
}

/* Return: 1 when the other scheme is to be tried; 0; -ENOMEM. */
static int doubt_scheme(struct registry *reg, int r, const struct http_response *rs)
{
	mutex_hold(&reg->lock);
	if (!address_doubt(&reg->address, r, rs))
		return 0;
	return set_base(reg) < 0 ? -ENOMEM : 1;
}

/* Sends a request, and once more where the registry speaks the other scheme. */
static int send_addressed(struct registry *reg, struct http *h, struct http_request *rq,
			  struct http_response *ret, struct err *err)
{
	struct err first = { 0 };
	int r = send_to_base(reg, h, rq, ret, &first), again;

	again = rq->path ? doubt_scheme(reg, r, ret) : 0;
	if (again < 0)
		return err_nomem(err);
	if (!again)
		return r < 0 ? err_set(err, r, "%s", first.msg) : r;
	again = send_to_base(reg, h, rq, ret, err);
	/* Nobody answers to either scheme: the first failure tells more. */
	return again == -ECONNREFUSED && r < 0 ? err_set(err, r, "%s", first.msg) : again;
}

int registry_send(struct registry *reg, struct http *h, struct http_request *rq,
		  struct http_response *ret, struct err *err)
{
	cleanup(grant_reset) struct grant used = { 0 };
	struct err why;
	int r;

	for (int round = 0;; round++) {
		if (grant_now(reg, rq, &used) < 0)
			return err_nomem(err);
		r = send_addressed(reg, h, rq, ret, err);
		if (r < 0 || ret->status != 401 || round == 1)
			return r;
		r = answer_challenge(reg, h, &used, ret->challenges, &why);
		if (r == -EACCES)
			return access_denied(reg, why.msg, err);
		if (r < 0)
			return err_set(err, r, "%s", why.msg);
	}
}

static int too_many_requests(const struct registry *reg, const struct http_response *rs,
			     const char *text, struct err *err)
{
	char wait[64] = "later";

	if (rs->retry_after_sec > 0)
		snprintf(wait, sizeof(wait), "in %llu seconds",
			 (unsigned long long)rs->retry_after_sec);
	return err_set(err, -EPROTO,
		       "registry %s has had too many requests (429%s%s): try again %s, or log in, "
		       "where that allows more",
		       reg->ref->registry, *text ? ": " : "", text, wait);
}

int registry_refused(const struct registry *reg, const struct http_response *rs, struct err *err)
{
	char text[256];

	answer_text(rs, text);
	if (rs->status == 401 || rs->status == 403)
		return access_denied(reg, text, err);
	if (rs->status == 429)
		return too_many_requests(reg, rs, text, err);
	return err_set(err, -EPROTO, "registry %s answered %ld%s%s", reg->ref->registry, rs->status,
		       *text ? ": " : "", text);
}

static int not_found(const struct registry *reg, const struct http_response *rs, const char *name,
		     struct err *err)
{
	cleanup_free char *full = NULL;
	char text[256];

	answer_text(rs, text);
	if (strchr(name, ':') && (!digest_is_set(&reg->ref->digest)))
		full = str_printf("%s@%s", reg->name, name);
	return err_set(err, -ENOENT, "manifest for %s not found: %s: check the name and the tag",
		       full ? full : reg->name, *text ? text : "manifest unknown");
}

int registry_get_manifest(struct registry *reg, struct http *h, const char *name,
			  struct document *ret, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_free char *path = str_printf("/manifests/%s", name);
	struct http_request rq = {
		.path = path,
		.accept = MANIFEST_TYPES,
		.max_bytes = OCI_MANIFEST_MAX_BYTES,
	};
	int r = path ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	if (rs.status == 404)
		return not_found(reg, &rs, name, err);
	if (rs.status != 200)
		return registry_refused(reg, &rs, err);
	doc.text = rs.body;
	rs.body = BUF_INIT;
	doc.media_type = take_ptr(rs.content_type);
	r = document_check(&doc, name, rs.digest, err);
	if (r < 0)
		return r;
	*ret = take_struct(doc);
	return 0;
}

int registry_tag_digest(struct registry *reg, struct http *h, const char *tag, struct digest *ret)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/manifests/%s", tag);
	struct http_request rq = { .method = "HEAD", .path = path, .accept = MANIFEST_TYPES };
	int r = path ? registry_send(reg, h, &rq, &rs, NULL) : -ENOMEM;

	if (r < 0)
		return r;
	if (rs.status != 200 || !rs.digest)
		return -ENOENT;
	return digest_parse(rs.digest, ret, NULL);
}

int registry_get_blob(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		      struct http_sink *sink, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/blobs/%s", d->digest.text);
	struct http_request rq = { .path = path, .sink = sink };
	int r = path ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	return rs.status == 200 || rs.status == 206 ? 0 : registry_refused(reg, &rs, err);
}

int registry_external_blob(struct registry *reg, struct http *h, const char *url,
			   struct http_sink *sink, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	struct http_request rq = { .url = url, .sink = sink };
	struct patience p = { .max_tries = 2, .id = sink->id };
	bool same;
	int r = redirect_check(reg->base, url, http_settings(h), &same, err);

	while (r == 0) {
		rq.offset = sink->have_bytes;
		http_response_reset(&rs);
		r = http_send(h, &rq, &rs, err);
		if (!retry_is_passing(r, rs.status) || retry_wait(&p, h, sink->have_bytes) < 0)
			break;
		r = 0;
	}
	if (r < 0 || rs.status == 200 || rs.status == 206)
		return r;
	return err_set(err, -EPROTO, "answered %ld", rs.status);
}
