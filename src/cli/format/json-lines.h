/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#define JSON_LINE_MAX_BYTES (1u << 20)

/* A body of one JSON object per line, as progress and events are. */
struct json_lines {
	/** @err: filled on failure.  Return: 0; negative errno, which ends the request. */
	int (*fn)(const json_t *obj, void *arg, struct err *err);
	void *arg;
	struct err err; /* why fn() ended the request; code 0 when it did not */
	struct buf line;
};

/** json_lines_feed() - an http_body_fn; @arg is the struct json_lines.  Return: 0; negative errno
 * with a message in err. */
int json_lines_feed(const void *data, size_t len, void *arg);

/** json_lines_end() - take a last line that has no line end, and free the buffer.  Return: as
 * json_lines_feed(). */
int json_lines_end(struct json_lines *l);
