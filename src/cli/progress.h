/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/format/json-lines.h"

/*
 * Docker's progress messages, one JSON object per line, as people want to see them: on a
 * terminal every layer has a line that is rewritten, elsewhere each step is a line of its own.
 */
struct progress {
	FILE *out; /* NULL: shown nowhere */
	bool terminal;
	char **ids; /* the lines on the terminal, top to bottom */
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

/** progress_reset() - free what it holds */
void progress_reset(struct progress *p);

/** progress_end() - the outcome, given that of the request, whose message is in @err.  Return: @r,
 * or the error among the messages. */
int progress_end(struct progress *p, int r, struct err *err);
