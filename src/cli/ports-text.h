/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * ports_text() - the column PORTS of ps, as docker writes it
 * @list: the "Ports" of a container in a list
 *
 * "0.0.0.0:80-81->80-81/tcp, 443/tcp, [::]:8080->80/tcp": ports that are the same on the host are
 * put together as ranges, others follow.
 *
 * Return: owned; NULL when out of memory.
 */
char *ports_text(const json_t *list);
