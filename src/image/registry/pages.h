/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry-inner.h"

#define PAGES_MAX 64

/**
 * page_turn() - see where the next page of a list is, which an answer's Link header says
 * @url: its address, on the server that was asked, which gets its credentials; owned, replaced
 *
 * Return: 1; 0 where there is none; -ENOMEM.
 */
int page_turn(const struct registry *reg, const struct http *h, struct http_response *rs,
	      char **url);
