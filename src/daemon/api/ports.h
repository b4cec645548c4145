/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "daemon/container/view.h"
#include "daemon/http/filter.h"

/* Ports of containers as docker shows them. */

/** api_ports_list() - the "Ports" of a container in a list; owned; NULL when out of memory */
json_t *api_ports_list(const struct container_view *v);

/** api_ports_map() - the ports of a container for inspect: bindings by "PORT/PROTOCOL"; owned; NULL
 * when out of memory */
json_t *api_ports_map(const struct container_view *v);

/** api_ports_check_filter() - are the values of a filter ports?  Return: 0; -EINVAL with a message.
 */
int api_ports_check_filter(const struct filters *f, const char *key, struct err *err);

/** api_ports_fit() - the filters publish and expose: has a container one of these ports? */
bool api_ports_fit(const struct filters *f, const struct container_view *v);
