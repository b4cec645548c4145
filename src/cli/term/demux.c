/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/demux.h"

#include <errno.h>
#include <string.h>

ssize_t demux_next(struct demux *d, const char *data, size_t len, struct demux_piece *ret)
{
	size_t used = 0, n;
	unsigned stream;
	uint32_t left;

	*ret = (struct demux_piece){ 0 };
	if (d->left == 0) {
		n = FRAMES_HEADER_BYTES - d->have;
		used = len < n ? len : n;
		memcpy(d->header + d->have, data, used);
		d->have += (unsigned)used;
		if (d->have < FRAMES_HEADER_BYTES)
			return (ssize_t)used;
		if (frames_get(d->header, &stream, &left) < 0 ||
		    (stream != FRAMES_STDOUT && stream != FRAMES_STDERR &&
		     !(d->places && stream == FRAMES_PLACE)))
			return -EBADMSG;
		d->stream = stream;
		d->left = left;
		d->have = 0;
	}
	n = len - used < d->left ? len - used : d->left;
	*ret = (struct demux_piece){ .stream = d->stream, .data = data + used, .len = n };
	d->left -= (uint32_t)n;
	return (ssize_t)(used + n);
}
