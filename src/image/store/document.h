/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "oci/reference.h"

/* A manifest or an index as it was received. */
struct document {
	struct buf text;
	char *media_type;
	struct digest digest; /* computed; of the kind of digest in the request */
};

void document_reset(struct document *doc);

/**
 * document_check() - check and complete a document that was received
 * @doc:    its text as it came, and the media type of the answer, which may be NULL; completed
 * @name:   in the request; a digest is checked
 * @header: Docker-Content-Digest; NULL: none
 *
 * Return: 0; -EBADMSG when the digest is wrong, when media types disagree, or for a document that
 * is neither manifest nor index; -ENOMEM; with a message.
 */
int document_check(struct document *doc, const char *name, const char *header, struct err *err);
