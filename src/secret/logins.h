/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/*
 * Which registries somebody is logged in to with moat, and which store has each password:
 * registries.json in $XDG_CONFIG_HOME/moat or ~/.config/moat, mode 0600.
 *
 *	{"registries":{"localhost:5000":{"store":"secretservice"}}}
 *
 * A password is in there only with the store "file", as "auth" or "identitytoken" of docker's
 * AuthConfig.
 */

#define LOGINS_FILE_STORE "file"
#define LOGINS_MAX	  (1u << 20)

struct logins {
	int dir_fd;  /* -1: read only, and there was no folder */
	int lock_fd; /* -1: read only */
	json_t *document;
};

#define LOGINS_NONE ((struct logins){ .dir_fd = -1, .lock_fd = -1 })

/**
 * logins_open() - read the file
 * @writes: make the folder, and keep others from changing the file until logins_close()
 * @ret:    logins_close()
 *
 * Return: 0, also where there is none; -EBADMSG, -errno with a message that names the file; -ENOENT
 * with a message without a home.
 */
int logins_open(bool writes, struct logins *ret, struct err *err);
void logins_close(struct logins *l);

/** logins_store() - which store has the password.  Return: borrowed; NULL: not logged in. */
const char *logins_store(const struct logins *l, const char *registry);

/** logins_auth() - get a login that is in the file itself.  @ret: credentials_reset(), on failure
 * too.  Return: 0; as credentials_read(). */
int logins_auth(const struct logins *l, const char *registry, struct credentials *ret,
		struct err *err);

/** logins_set() - note a login, and write the file.  @c: to be kept in the file; NULL: @store has
 * it.  Return: 0; -errno with a message. */
int logins_set(struct logins *l, const char *registry, const char *store,
	       const struct credentials *c, struct err *err);

/** logins_remove() - remove a login, and write the file.  Return: 0, also where there was none;
 * -errno with a message. */
int logins_remove(struct logins *l, const char *registry, struct err *err);

/** logins_registries() - list the registries with logins.  @ret: owned, strv_free().  Return: 0;
 * -ENOMEM. */
int logins_registries(const struct logins *l, char ***ret);
