/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/format/json-lines.h"

enum progress_style {
	PROGRESS_NONE,
	PROGRESS_PLAIN,	   /* each step is a line, and moving figures are left out */
	PROGRESS_TERMINAL, /* every layer has a line that is rewritten, with a bar, speed and time
			    */
	PROGRESS_JSON,	   /* moatd's messages as they are, one a line */
};

/* Docker's progress messages, one JSON object per line, shown as people or programs want them. */
struct progress {
	FILE *out;
	enum progress_style style;
	struct progress_line *lines_shown; /* on the terminal, top to bottom */
	size_t n_lines_shown;
	uint64_t moved_usec; /* when progress_moved() last showed something */
	struct json_lines lines;
};

/**
 * progress_begin() - prepare to show the messages given to json_lines_feed(), as --progress and
 * --quiet ask for
 * @p:   progress_reset() when done, also after a failure
 * @out: borrowed
 *
 * Return: 0; -EINVAL with a message for an unknown --progress.
 */
int progress_begin(struct progress *p, const struct cli *c, FILE *out, struct err *err);

/** progress_is_shown() - does the user want to see progress? */
bool progress_is_shown(const struct cli *c);

/** progress_moved() - show progress of work on this side; ten times a second at most.
 * @total_bytes: 0: unknown */
void progress_moved(struct progress *p, const char *id, const char *status, uint64_t bytes,
		    uint64_t total_bytes);

/** progress_reset() - free what it holds */
void progress_reset(struct progress *p);

/** progress_end() - show the outcome.  @r: of the request, with its message in @err.  Return: @r,
 * or the error among the messages. */
int progress_end(struct progress *p, int r, struct err *err);

/** progress_registry() - ask moatd for work at a registry, with the login there, and show its
 * progress.  Return: 0; -errno with a message. */
int progress_registry(struct progress *p, struct cli *c, const char *path, const char *registry,
		      struct err *err);

/** progress_result() - print the name of the image, as the last line of standard output */
void progress_result(const struct cli *c, const char *name);
