/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * What follows "-v" on docker's command line, and is in "Binds" of its API:
 * [SOURCE:]TARGET[:OPTION,…].  A source that begins with a slash is a path on the host, another
 * one the name of a volume; without one it is a volume that nobody named.
 */
struct volume_spec {
	char *source; /* "": there is none */
	char *target;
	char *mode;		 /* the options as they were written; "": none */
	const char *propagation; /* one of them; "": none; static */
	bool read_only;
	bool no_copy;
};

/**
 * volume_spec_parse() - take one apart; paths are not looked at
 * @ret: volume_spec_reset()
 *
 * Return: 0; -EINVAL with docker's message; -ENOMEM.
 */
int volume_spec_parse(const char *text, struct volume_spec *ret, struct err *err);
void volume_spec_reset(struct volume_spec *v);

/** volume_propagation() - a word for how mounts propagate.  Return: the same, static; NULL where it
 * is none. */
const char *volume_propagation(const char *word);
