/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/* Paths and queries of requests; all that a user typed is percent-encoded (RFC 3986). */

/** url_add_segment() - append "/" and one segment of a path.  Return: 0; -ENOMEM. */
int url_add_segment(struct buf *url, const char *segment);

/** url_add_query() - append "?KEY=VALUE", or "&KEY=VALUE" after the first; NULL appends nothing.
 * Return: 0; -ENOMEM. */
int url_add_query(struct buf *url, const char *key, const char *value);
