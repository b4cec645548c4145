/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"

/*
 * Secrets for containers: a file in $ROOT/secrets describes each.  Its value is in a vault, with
 * the credential helper that the file names, or in the file itself where the user asked for that.
 */

struct secrets {
	int dir_fd; /* $ROOT/secrets; -1: not opened yet */
	char *root; /* the data root, by which vaults tell this moatd's entries from others' */
	pthread_mutex_t lock; /* held while a secret is made or removed */
};

#define SECRET_ID_LEN 25

struct secret_new {
	const char *name;
	const char *value; /* base64 */
	const char *store; /* NULL or "": the session's Secret Service; "file"; a helper's name */
	json_t *labels;	   /* borrowed; NULL: none */
};

/** secrets_open() - open the secrets of a data root.  @root_fd, @root: the data root, borrowed.
 * @ret: secrets_close().  Return: 0; -errno with a message. */
int secrets_open(int root_fd, const char *root, struct secrets *ret, struct err *err);
void secrets_close(struct secrets *s);

/** secret_create() - make a secret.  Return: 0; -EEXIST; -EINVAL; -ENOENT: there is no such store;
 * as helper_store(); with a message. */
int secret_create(struct secrets *s, const struct secret_new *new, char ret_id[SECRET_ID_LEN + 1],
		  struct err *err);

/** secret_inspect() - describe a secret as docker does, and "Store", where its value is.  @name: or
 * an id, or the beginning of one.  @ret: owned.  Return: 0; -ENOENT; -errno; with a message. */
int secret_inspect(struct secrets *s, const char *name, json_t **ret, struct err *err);

/** secrets_list() - describe all secrets, sorted by name.  @ret: owned.  Return: 0; -errno with a
 * message. */
int secrets_list(struct secrets *s, json_t **ret, struct err *err);

/** secret_value() - get a secret's value.  @ret: appended; to be wiped.  Return: 0; -ENOENT; as
 * helper_get(); with a message. */
int secret_value(struct secrets *s, const char *name, struct buf *ret, struct err *err);

/** secret_remove() - remove a secret's value, then its description.  @name: its name.  Return: 0;
 * -ENOENT; as helper_erase(); with a message. */
int secret_remove(struct secrets *s, const char *name, struct err *err);
