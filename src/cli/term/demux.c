/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/demux.h"

#include <errno.h>
#include <string.h>

ssize_t demux_next(struct demux *d, const char *data, size_t len, struct demux_piece *ret)
{
	size_t used = 0, n;

	*ret = (struct demux_piece){ 0 };
	if (d->left == 0) {
		const unsigned char *h = d->header;

		n = DEMUX_HEADER_BYTES - d->have;
		used = len < n ? len : n;
		memcpy(d->header + d->have, data, used);
		d->have += (unsigned)used;
		if (d->have < DEMUX_HEADER_BYTES)
			return (ssize_t)used;
		if ((h[0] != 1 && h[0] != 2 && !(d->places && h[0] == DEMUX_PLACE)) || h[1] ||
		    h[2] || h[3])
			return -EBADMSG;
		d->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
		d->have = 0;
	}
	n = len - used < d->left ? len - used : d->left;
	*ret = (struct demux_piece){ .channel = d->header[0], .data = data + used, .len = n };
	d->left -= (uint32_t)n;
	return (ssize_t)(used + n);
}
