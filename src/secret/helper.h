/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/*
 * Docker's protocol of credential helpers: a program docker-credential-NAME with one argument, get,
 * store, erase or list.  It reads from its standard input and writes JSON, or the reason of a
 * failure, to its standard output.
 */

/* The longest answer; and how long a helper has, as a vault may ask its user to unlock it. */
#define HELPER_ANSWER_MAX   (64u << 10)
#define HELPER_TIMEOUT_MSEC 120000

/**
 * helper_find() - find the program of a store
 * @store: "secretservice" is moat's own, which shares its entries with docker's; others are looked
 *         for on PATH
 * @ret:   owned
 *
 * Return: 0; -EINVAL, -ENOENT, -ENOMEM with a message.
 */
int helper_find(const char *store, char **ret, struct err *err);

/**
 * helper_get() - get the credentials that a store has for an address
 * @ret: credentials_reset()
 *
 * Return: 0; -ENOENT: none; -ETIMEDOUT; -EBADMSG; -EIO: the helper says why not; with a message.
 */
int helper_get(const char *program, const char *address, struct credentials *ret, struct err *err);

/** helper_store() - have a store keep credentials.  Return: 0; as helper_get(). */
int helper_store(const char *program, const char *address, const struct credentials *c,
		 struct err *err);

/** helper_erase() - have a store forget credentials.  Return: 0; as helper_get(). */
int helper_erase(const char *program, const char *address, struct err *err);

/** helper_list() - list a store's entries: an object with a user's name for each address.  @ret:
 * owned.  Return: 0; as helper_get(). */
int helper_list(const char *program, json_t **ret, struct err *err);

/** helper_read_answer() - parse the answer to get.  Pure.  Return: 0; -ENOENT: an empty answer,
 * which some helpers give where they have nothing; -EBADMSG, -ENOMEM; with a message. */
int helper_read_answer(const char *text, size_t len, struct credentials *ret, struct err *err);
