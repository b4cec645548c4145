/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"
#include "net/proxy/proxy.h"

/* The inside's part in shortcuts past the relay (net/outside/shortcuts.h): it asks for them, and
 * takes the connections that try them. */

struct shortcut_client;

/** shortcut_client_new() - @ret: owned, shortcut_client_free().  Return: 0; -ENOMEM. */
int shortcut_client_new(struct keeper *k, struct shortcut_client **ret);
void shortcut_client_free(struct shortcut_client *s);

/** shortcut_client_for_proxy() - what the proxy is to call; borrowed */
const struct proxy_shortcuts *shortcut_client_for_proxy(const struct shortcut_client *s);
