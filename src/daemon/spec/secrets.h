/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/secrets.h"

#define SECRET_NAME_MAX 64

/* A secret of a container, and where it is to be. */
struct secret_use {
	const char *name; /* borrowed from the document */
	char *path;	  /* owned */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

struct secret_uses {
	struct secret_use *items;
	size_t n;
};

void secret_uses_reset(struct secret_uses *u);

/** secret_name_check() - is it a name by docker's rules?  Letters, digits, "-", "_" and ".", the
 * first and the last a letter or digit.  Return: 0; -EINVAL with a message. */
int secret_name_check(const char *name, struct err *err);

#define SECRET_LABEL "dev.moat.secrets"

/**
 * secret_uses_from_label() - add the secrets that a container's label asks for
 * @body: the request: "Labels": {"dev.moat.secrets": "db key,target=/etc/key"}, each as in moat's
 *        --secret; an image's labels do not count
 * @host: HostConfig; they are added to Moat.Secrets
 *
 * docker's clients have no other way to ask for secrets.
 *
 * Return: 0; -EINVAL, -EBADMSG, -ENOMEM with a message.
 */
int secret_uses_from_label(const json_t *body, json_t *host, struct err *err);

/**
 * secret_uses_read() - HostConfig's Moat.Secrets: [{"Source","Target","UID","GID","Mode"}]
 * @host: borrowed for the life of @ret
 * @ret:  secret_uses_reset()
 *
 * Pure.  Return: 0; -EINVAL, -EBADMSG, -ENOMEM with a message.
 */
int secret_uses_read(const json_t *host, struct secret_uses *ret, struct err *err);
