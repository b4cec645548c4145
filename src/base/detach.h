/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Finds the keys that leave a container without ending it, in what is typed.  Pure. */

#define DETACH_KEYS_MAX 16

struct detach_keys {
	char keys[DETACH_KEYS_MAX];
	size_t n;
	size_t held; /* of the keys, how many were typed and are held back */
};

/**
 * detach_keys_parse() - read docker's notation: "ctrl-a,x,ctrl-["
 * @text: NULL or "" is ctrl-p,ctrl-q
 *
 * Return: 0; -EINVAL with a message.
 */
int detach_keys_parse(const char *text, struct detach_keys *ret, struct err *err);

/**
 * detach_keys_filter() - pass on what was typed, and hold back what may be the keys
 * @data:      DETACH_KEYS_MAX bytes of room, then @len bytes that were typed; bytes to pass on are
 *             moved to its beginning
 * @ret_found: were all keys typed?  What follows them is dropped.
 *
 * Return: bytes to pass on.
 */
size_t detach_keys_filter(struct detach_keys *k, char *data, size_t len, bool *ret_found);
