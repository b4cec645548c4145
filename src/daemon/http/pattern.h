/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Regular expressions that a client sends, as docker takes them (Go's RE2): matching takes time in
 * proportion to the patterns' size times the text's, whatever they are, and no memory of its own.
 * Bytes, not characters.  Pure.
 *
 *   x  .  [a-z]  [^a-z]  [[:alpha:]]  \d \D \w \W \s \S  \.  ^ $  (…)  (?:…)  (?i)  x|y
 *   x*  x+  x?  x{2}  x{2,}  x{2,5}, and lazy, which makes no difference to whether it fits
 */
struct pattern;

#define PATTERN_MAX_BYTES  1024u /* of text, each */
#define PATTERN_MAX_DEPTH  100u	 /* of groups in each other */
#define PATTERN_MAX_REPEAT 1000u
/* Of all together, with repetitions written out: bytes, places to go on at, ends. */
#define PATTERN_MAX_STEPS 2000u

/** pattern_new() - one that fits nothing yet.  Return: owned, pattern_free(); NULL when out of
 * memory. */
struct pattern *pattern_new(void);

/** pattern_free() - NULL is accepted */
void pattern_free(struct pattern *p);

/**
 * pattern_add() - let it fit what @text fits, too
 *
 * Return: 0; -EINVAL with a message that says what is wrong, or -E2BIG with one that says what is
 * too much, and @p is as it was.
 */
int pattern_add(struct pattern *p, const char *text, struct err *err);

/** pattern_fits() - does it fit anywhere in a text?  One thread at a time: the working memory is
 * the pattern's own. */
bool pattern_fits(struct pattern *p, const char *text);
