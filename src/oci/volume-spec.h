/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * The text after "-v" on docker's command line, and in "Binds" of its API:
 * [SOURCE:]TARGET[:OPTION,…].  A source that begins with a slash is a path on the host; any other
 * is a volume's name; without a source it is an anonymous volume.
 */
struct volume_spec {
	char *source; /* "": none */
	char *target;
	char *mode;		 /* the options as they were written; "": none */
	const char *propagation; /* one of the options; "": none; static */
	bool read_only;
	bool no_copy;
};

/**
 * volume_spec_parse() - split a text; paths are not checked
 * @ret: volume_spec_reset()
 *
 * Return: 0; -EINVAL with docker's message; -ENOMEM.
 */
int volume_spec_parse(const char *text, struct volume_spec *ret, struct err *err);
void volume_spec_reset(struct volume_spec *v);

/** volume_propagation() - find a word for how mounts propagate.  Return: the same word, static;
 * NULL where it is another. */
const char *volume_propagation(const char *word);
