/* SPDX-License-Identifier: Apache-2.0 */
#include "link/frame.h"

#include <errno.h>

static bool has_channel(enum link_type type)
{
	return type == LINK_DATA || type == LINK_EOF || type == LINK_CREDIT;
}

static bool is_of_container(enum link_type type)
{
	switch (type) {
	case LINK_CONTAINER:
	case LINK_READY:
	case LINK_SPAWN:
	case LINK_FILES:
	case LINK_STATS:
	case LINK_PROCS:
	case LINK_LIMITS:
	case LINK_OOM:
	case LINK_REMOVE:
	case LINK_REMOVED:
	case LINK_SPACE:
	case LINK_NETWORK:
	case LINK_CONNECT:
	case LINK_CALL:
		return true;
	default:
		return false;
	}
}

/* May a message of this type have this container and stream?  FAILED is about the machine, a
 * container or a process; for MORE the message that it is a piece of is not known yet. */
static bool container_fits(enum link_type type, uint16_t container, uint32_t stream)
{
	if (type == LINK_MORE)
		return true;
	if (type == LINK_FAILED)
		return container == 0 || stream == 0;
	return is_of_container(type) == (container != 0);
}

void link_header_put(const struct link_header *h, unsigned char *ret)
{
	wire_store_u32(ret, h->size);
	ret[4] = (unsigned char)h->type;
	ret[5] = (unsigned char)h->channel;
	ret[6] = (unsigned char)h->container;
	ret[7] = (unsigned char)(h->container >> 8);
	wire_store_u32(ret + 8, h->stream);
}

int link_header_get(const unsigned char *data, struct link_header *ret)
{
	struct wire_view v = { .data = data, .len = LINK_HEADER_SIZE };
	uint32_t size, stream;
	uint16_t container;
	uint8_t type, channel;

	if (wire_get_u32(&v, &size) < 0 || wire_get_u8(&v, &type) < 0 ||
	    wire_get_u8(&v, &channel) < 0 || wire_get_u16(&v, &container) < 0 ||
	    wire_get_u32(&v, &stream) < 0)
		return -EBADMSG;
	if (size > LINK_PAYLOAD_MAX || type < LINK_HELLO || type > LINK_RECLAIM)
		return -EBADMSG;
	if (channel >= LINK_CHANNELS || (channel != 0 && !has_channel(type)))
		return -EBADMSG;
	if (!container_fits(type, container, stream))
		return -EBADMSG;
	*ret = (struct link_header){
		.size = size,
		.type = type,
		.channel = channel,
		.container = container,
		.stream = stream,
	};
	return 0;
}
