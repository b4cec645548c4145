/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/receiving.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"

/*
 * Theory of operation: libcurl hands over 16 KiB at most, whatever it has received.  A layer is
 * written to its file, hashed and told of piece by piece, and larger pieces cost the kernel less
 * than half as much.
 *
 * A hostile registry, or whoever it redirects to, controls the bytes and when they come.
 */

#define PIECE_BYTES KIB(256)
#define OLD_USEC    100000u

void receiving_begin(struct receiving *r, const struct http_sink *sink)
{
	r->sink = sink;
	r->begun = false;
	r->len = 0;
}

void receiving_reset(struct receiving *r)
{
	free(r->data);
	*r = (struct receiving){ 0 };
}

static int begin_body(struct receiving *r, uint64_t offset, struct err *err)
{
	int result;

	if (!r->data)
		r->data = malloc(PIECE_BYTES);
	if (!r->data)
		return err_nomem(err);
	result = r->sink->begin(r->sink->arg, offset, err);
	r->begun = result == 0;
	return result;
}

int receiving_add(struct receiving *r, uint64_t offset, const void *data, size_t len,
		  struct err *err)
{
	const char *from = data;
	int result = r->begun ? 0 : begin_body(r, offset, err);

	while (result == 0 && len > 0) {
		size_t n = PIECE_BYTES - r->len < len ? PIECE_BYTES - r->len : len;

		if (r->len == 0)
			r->since_usec = clock_mono_usec();
		memcpy(r->data + r->len, from, n);
		r->len += n;
		from += n;
		len -= n;
		if (r->len == PIECE_BYTES)
			result = receiving_flush(r, err);
	}
	return result;
}

int receiving_flush(struct receiving *r, struct err *err)
{
	size_t len = r->len;

	r->len = 0;
	return len > 0 ? r->sink->write(r->sink->arg, r->data, len, err) : 0;
}

int receiving_flush_old(struct receiving *r, struct err *err)
{
	return r->len > 0 && clock_mono_usec() - r->since_usec > OLD_USEC ? receiving_flush(r, err)
									  : 0;
}
