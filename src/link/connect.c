/* SPDX-License-Identifier: Apache-2.0 */
#include "link/connect.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

int link_connect_put(struct buf *b, const struct link_connect *c)
{
	int r = wire_put_u32(b, c->call);

	return r == 0 ? wire_put_str(b, c->path) : r;
}

int link_connect_get(struct wire_view payload, struct link_connect *ret)
{
	cleanup(link_connect_reset) struct link_connect c = { 0 };
	int r;

	wire_get_u32(&payload, &c.call);
	wire_get_str(&payload, &c.path);
	r = wire_end(&payload);
	if (r < 0)
		return r;
	/* Either a call or a path. */
	if ((c.call == 0) != (*c.path == '/'))
		return -EBADMSG;
	*ret = take_struct(c);
	return 0;
}

void link_connect_reset(struct link_connect *c)
{
	free(c->path);
	*c = (struct link_connect){ 0 };
}

int link_call_put(struct buf *b, const struct link_call *c)
{
	int r = wire_put_u32(b, c->number);

	return r == 0 ? wire_put_u8(b, c->socket) : r;
}

int link_call_get(struct wire_view payload, struct link_call *ret)
{
	struct link_call c;

	if (wire_get_u32(&payload, &c.number) < 0 || wire_get_u8(&payload, &c.socket) < 0 ||
	    payload.len > 0 || c.number == 0)
		return -EBADMSG;
	*ret = c;
	return 0;
}
