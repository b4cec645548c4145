/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/*
 * A list on standard output in the format that the user asked for: a table, JSON or YAML, lines
 * made by a template, or only ids with -q.
 */

struct listing_field {
	const char *name;  /* as in docker's templates */
	const char *title; /* of its column */
	bool shown;	   /* in the table without a template */
};

struct listing_kind {
	const struct listing_field *fields; /* in the order of the columns; ends with a NULL name */
	const char *id;			    /* the field that -q shows; NULL: there is no -q */
	/** row() - make a row of an item, for listing_command().  @full: with nothing cut off.
	 * Return: owned; NULL when out of memory */
	json_t *(*row)(const json_t *item, bool full);
};

struct listing;

/**
 * listing_new() - begin a list as --format and --quiet ask for.  @kind: borrowed.  @ret: owned,
 * listing_free().
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int listing_new(const struct cli *c, const struct listing_kind *kind, struct listing **ret,
		struct err *err);

/** listing_free() - NULL is accepted */
void listing_free(struct listing *l);

/**
 * listing_show() - show or hide a column of the table, for options like --size
 * @field: its name
 */
void listing_show(struct listing *l, const char *field, bool shown);

/** listing_quiet() - are only ids shown? */
bool listing_quiet(const struct listing *l);

/** listing_is_table() - is the list a table, which is printed when all rows are there? */
bool listing_is_table(const struct listing *l);

/**
 * listing_add() - add a row
 * @row:     object with a string for each field; taken over, NULL counts as out of memory
 * @methods: what templates can ask for with an argument, e.g. {"Label":{…}}; borrowed; NULL
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int listing_add(struct listing *l, json_t *row, const json_t *methods, struct err *err);

/** listing_print() - print the table; rows in other formats are out already.  Return: 0; negative
 * errno with a message. */
int listing_print(struct listing *l, struct err *err);

/**
 * listing_command() - run a command that lists what a GET answers
 * @member: of the answer, the array; NULL: the answer is the array
 *
 * Return: 0; negative errno with a message.
 */
int listing_command(struct cli *c, const struct listing_kind *kind, const char *path,
		    const char *member, struct err *err);

DEFINE_CLEANUP(struct listing, listing_free)
#define cleanup_listing cleanup(listing_free_cleanup_fn)
