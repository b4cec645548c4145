/* SPDX-License-Identifier: Apache-2.0 */
#include "link/frame.h"

#include <errno.h>

static bool has_channel(enum link_type type)
{
	return type == LINK_DATA || type == LINK_EOF || type == LINK_CREDIT;
}

void link_header_put(const struct link_header *h, unsigned char *ret)
{
	wire_store_u32(ret, h->size);
	ret[4] = (unsigned char)h->type;
	ret[5] = (unsigned char)h->channel;
	ret[6] = 0;
	ret[7] = 0;
	wire_store_u32(ret + 8, h->stream);
}

int link_header_get(const unsigned char *data, struct link_header *ret)
{
	struct wire_view v = { .data = data, .len = LINK_HEADER_SIZE };
	uint32_t size, stream;
	uint16_t reserved;
	uint8_t type, channel;

	if (wire_get_u32(&v, &size) < 0 || wire_get_u8(&v, &type) < 0 ||
	    wire_get_u8(&v, &channel) < 0 || wire_get_u16(&v, &reserved) < 0 ||
	    wire_get_u32(&v, &stream) < 0)
		return -EBADMSG;
	if (size > LINK_PAYLOAD_MAX || type < LINK_HELLO || type > LINK_OOM || reserved != 0)
		return -EBADMSG;
	if (channel >= LINK_CHANNELS || (channel != 0 && !has_channel(type)))
		return -EBADMSG;
	*ret = (struct link_header){
		.size = size,
		.type = type,
		.channel = channel,
		.stream = stream,
	};
	return 0;
}
