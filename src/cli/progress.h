/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/format/json-lines.h"

enum progress_style {
	PROGRESS_NONE,
	PROGRESS_PLAIN,	   /* each step is a line, without what moves in between */
	PROGRESS_TERMINAL, /* every layer has a line that is rewritten, with a bar, speed and time
			    */
	PROGRESS_JSON,	   /* moatd's messages as they are, one a line */
};

/*
 * Docker's progress messages, one JSON object per line, as people, or programs, want to see them.
 */
struct progress {
	FILE *out;
	enum progress_style style;
	struct progress_line *lines_shown; /* on the terminal, top to bottom */
	size_t n_lines_shown;
	uint64_t moved_usec; /* when progress_moved() showed something last */
	struct json_lines lines;
};

/**
 * progress_begin() - ready for json_lines_feed() on its lines, as --progress and --quiet say
 * @p:   progress_reset() when done, also after a failure
 * @out: borrowed
 *
 * Return: 0; -EINVAL with a message for an unknown --progress.
 */
int progress_begin(struct progress *p, const struct cli *c, FILE *out, struct err *err);

/** progress_is_shown() - does the user want to see any? */
bool progress_is_shown(const struct cli *c);

/** progress_moved() - the same, of something on this side; ten times a second at most.
 * @total_bytes: 0: not known */
void progress_moved(struct progress *p, const char *id, const char *status, uint64_t bytes,
		    uint64_t total_bytes);

/** progress_reset() - free what it holds */
void progress_reset(struct progress *p);

/** progress_end() - the outcome, given that of the request, whose message is in @err.  Return: @r,
 * or the error among the messages. */
int progress_end(struct progress *p, int r, struct err *err);

/** progress_registry() - ask moatd for what is done at a registry, with the login there, and show
 * how that goes.  Return: 0; -errno with a message. */
int progress_registry(struct progress *p, struct cli *c, const char *path, const char *registry,
		      struct err *err);

/** progress_result() - print the name of the image that it was all about, the last line of standard
 * output */
void progress_result(const struct cli *c, const char *name);
