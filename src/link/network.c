/* SPDX-License-Identifier: Apache-2.0 */
#include "link/network.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

int link_network_put(struct buf *b, uint32_t id, struct wire_view network, char *const *hosts,
		     const char *resolv_conf)
{
	if (wire_put_u32(b, id) < 0 || wire_put_bytes(b, network.data, network.len) < 0 ||
	    wire_put_strv(b, hosts) < 0)
		return -ENOMEM;
	return wire_put_str(b, resolv_conf);
}

int link_network_get(struct wire_view payload, struct link_network *ret)
{
	cleanup(link_network_reset) struct link_network n = { 0 };
	int r;

	wire_get_u32(&payload, &n.id);
	wire_get_bytes(&payload, &n.network);
	wire_get_strv(&payload, &n.hosts);
	wire_get_str(&payload, &n.resolv_conf);
	r = wire_end(&payload);
	if (r < 0)
		return r;
	*ret = take_struct(n);
	return 0;
}

void link_network_reset(struct link_network *n)
{
	strv_free(n->hosts);
	free(n->resolv_conf);
	*n = (struct link_network){ 0 };
}
