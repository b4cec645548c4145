/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"

/* The body of an answer on its way to a sink, gathered to pieces that are cheap to handle. */
struct receiving {
	const struct http_sink *sink; /* borrowed; NULL: none */
	bool begun;		      /* the sink's begin() was called */
	char *data;
	size_t len;
	uint64_t since_usec; /* when the first byte of the piece came */
};

/** receiving_begin() - get ready for an answer.  @r: zeroed at first; receiving_reset() in the end
 */
void receiving_begin(struct receiving *r, const struct http_sink *sink);
void receiving_reset(struct receiving *r);

/** receiving_add() - take bytes that came.  @offset: the body's first byte in the content.  Return:
 * 0; -ENOMEM; what the sink returned; with a message. */
int receiving_add(struct receiving *r, uint64_t offset, const void *data, size_t len,
		  struct err *err);

/** receiving_flush() - give the sink all that came.  Return: 0; what the sink returned. */
int receiving_flush(struct receiving *r, struct err *err);

/** receiving_flush_old() - give the sink what came a while ago, so that it hears of all where
 * nothing more comes.  Return: as receiving_flush(). */
int receiving_flush_old(struct receiving *r, struct err *err);
