/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"

/* A login at a registry: a name with a password, or a token that stands for both. */
struct credentials {
	char *username; /* NULL: none */
	char *password;
	char *identity_token; /* NULL: none */
};

/* The longest of these texts, in bytes. */
#define CREDENTIALS_TEXT_MAX 16384

/** text_wipe() - overwrite and free; NULL is accepted */
void text_wipe(char *text);

static inline void text_wipe_fn(char **text)
{
	text_wipe(*text);
}

/** credentials_reset() - wipe and free */
void credentials_reset(struct credentials *c);

static inline bool credentials_are_set(const struct credentials *c)
{
	return (c->username && c->password) || c->identity_token;
}

/**
 * credentials_read() - read "username", "password", "auth" and "identitytoken" of docker's
 * AuthConfig
 * @obj:  borrowed; "auth" is base64 of NAME:PASSWORD, as in docker's config.json
 * @ret:  credentials_reset(), on failure too
 *
 * Return: 0, also where it has none; -EBADMSG; -ENOMEM; with a message.
 */
int credentials_read(const json_t *obj, struct credentials *ret, struct err *err);

/**
 * credentials_header() - make the value of the header X-Registry-Auth
 * @server: the registry's address
 * @ret:    owned, text_wipe()
 *
 * Return: 0; -ENOMEM with a message.
 */
int credentials_header(const struct credentials *c, const char *server, char **ret,
		       struct err *err);

/** secrets_wiped_when_freed() - have jansson overwrite memory before it frees it; to be called
 * before it has allocated any */
void secrets_wiped_when_freed(void);

/* Registries' names in place of addresses. */

/** registry_of_address() - the registry in "https://index.docker.io/v1/", "localhost:5000" and the
 * like: its host and port, and "docker.io" for Docker Hub.  Return: owned; NULL when out of
 * memory. */
char *registry_of_address(const char *address);

/** registry_address() - the address by which docker's vaults know a registry; borrowed */
const char *registry_address(const char *registry);
