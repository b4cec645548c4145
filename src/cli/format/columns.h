/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"

/*
 * A table of text on standard output, columns three blanks apart as docker's.
 */
struct columns;

/** columns_new() - make an empty table.  @headers: NULL-terminated; borrowed as long as the table
 * lives.  @ret: owned, columns_free().  Return: 0; -ENOMEM with a message. */
int columns_new(const char *const *headers, struct columns **ret, struct err *err);

/** columns_free() - NULL is accepted */
void columns_free(struct columns *t);

/** columns_add() - add a row with a cell for each header; copied; NULL cells are empty.  Return: 0;
 * -ENOMEM with a message. */
int columns_add(struct columns *t, const char *const *cells, struct err *err);

/** columns_print() - print the table.  Return: 0; negative errno with a message. */
int columns_print(struct columns *t, struct err *err);

DEFINE_CLEANUP(struct columns, columns_free)
#define cleanup_columns cleanup(columns_free_cleanup_fn)
