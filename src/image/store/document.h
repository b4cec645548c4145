/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oci/reference.h"

/* A manifest or an index as it came. */
struct document {
	struct buf text;
	char *media_type;
	struct digest digest; /* computed; of the kind that it was asked for by */
};

void document_reset(struct document *doc);

/**
 * document_check() - is it what it was said to be?
 * @doc:    its text as it came, and the media type of the answer, which may be NULL; completed
 * @name:   what it was asked for by, a digest counts
 * @header: Docker-Content-Digest; NULL: none
 *
 * Return: 0; -EBADMSG when the digest is wrong, when media types disagree, or for what is neither
 * manifest nor index; -ENOMEM; with a message.
 */
int document_check(struct document *doc, const char *name, const char *header, struct err *err);
