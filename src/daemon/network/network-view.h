/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/network.h"

void network_view_reset(struct network_view *v);

/** network_is_internal() - is there a network of this name that leads nowhere outside? */
bool network_is_internal(struct networks *nets, const char *name);

/** network_view() - copy a network.  @name: as for network_resolve().  @ret: network_view_reset().
 * Return: as network_resolve(). */
int network_view(struct networks *nets, const char *name, struct network_view *ret,
		 struct err *err);

/** network_views() - copy all networks, oldest first.  @ret: owned, network_views_free().  Return:
 * 0; -ENOMEM. */
int network_views(struct networks *nets, struct network_view **ret, size_t *ret_n);
void network_views_free(struct network_view *views, size_t n);
