/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "daemon/http/pattern.h"

/*
 * The "filters" parameter of lists and events: {"key":["value",…]} or {"key":{"value":true,…}}.
 * Values of one key are alternatives, keys are conditions that must all hold.  Pure.
 */
struct filters {
	json_t *by_key; /* object of arrays of strings; NULL: no filters */
};

#define FILTERS_INIT ((struct filters){ 0 })

/** filters_reset() - free the filters */
void filters_reset(struct filters *f);

/**
 * filters_parse() - parse the parameter "filters"
 * @text:    NULL or "" is no filters
 * @allowed: NULL-terminated keys this list knows
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int filters_parse(const char *text, const char *const *allowed, struct filters *ret,
		  struct err *err);

/** filters_count() - how many values a key has */
size_t filters_count(const struct filters *f, const char *key);

/** filters_value() - value @i of a key; borrowed */
const char *filters_value(const struct filters *f, const char *key, size_t i);

/** filters_any() - is a key absent, or is @test true for one of its values? */
bool filters_any(const struct filters *f, const char *key,
		 bool (*test)(const char *value, const void *arg), const void *arg);

/** filters_exact() - is a key absent, or @have one of its values? */
bool filters_exact(const struct filters *f, const char *key, const char *have);

/**
 * filters_pattern() - the values of a key as regular expressions
 * @ret: owned, pattern_free(); NULL where the key is absent.  A value that is no regular expression
 *       fits nothing, as in docker.
 *
 * Return: 0; -EINVAL with a message that says what is too much; -ENOMEM.
 */
int filters_pattern(const struct filters *f, const char *key, struct pattern **ret,
		    struct err *err);

/** filters_until() - the one "until" value, a time or a duration before now, in nanoseconds since
 * 1970; INT64_MAX where there is none.  Return: 0; -EINVAL with a message. */
int filters_until(const struct filters *f, int64_t *ret, struct err *err);

/** filters_true() - does a value of a boolean filter mean yes? */
bool filters_true(const char *value);

/** filters_labels() - has an object of labels all "label" values (KEY or KEY=VALUE), and none of
 * "label!"? */
bool filters_labels(const struct filters *f, const json_t *labels);
