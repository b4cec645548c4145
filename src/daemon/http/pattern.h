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

#define PATTERN_MAX_BYTES  1024u /* of each text */
#define PATTERN_MAX_DEPTH  100u	 /* of nested groups */
#define PATTERN_MAX_REPEAT 1000u
/* Of all texts together, with repetitions written out. */
#define PATTERN_MAX_STEPS 2000u

/** pattern_new() - make a pattern that fits nothing yet.  Return: owned, pattern_free(); NULL when
 * out of memory. */
struct pattern *pattern_new(void);

/** pattern_free() - NULL is accepted */
void pattern_free(struct pattern *p);

/**
 * pattern_add() - let the pattern also fit what @text fits
 *
 * Return: 0; -EINVAL with a message that says what is wrong, or -E2BIG with one that says what is
 * too much, and @p is as it was.
 */
int pattern_add(struct pattern *p, const char *text, struct err *err);

/** pattern_fits() - does the pattern fit anywhere in a text?  For one thread at a time: the working
 * memory is the pattern's own. */
bool pattern_fits(struct pattern *p, const char *text);
