/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/ip.h"

/*
 * Addresses of the way between moat's namespace and the host: a network of two, which must be
 * nobody else's.  Pure.
 */

struct place_taken {
	struct ip_net *nets; /* owned */
	size_t n;
};

/** place_take() - note that a network is somebody's.  Everything, as of a default route, is
 * nobody's.  Return: 0; -ENOMEM. */
int place_take(struct place_taken *taken, const struct ip_net *net);

void place_taken_reset(struct place_taken *taken);

/**
 * place_choose() - a network for a way outside
 * @number:   of that way among those there may be
 * @ret_own:  moat's address in it
 * @ret_host: the host's
 *
 * Return: 0; -EADDRNOTAVAIL when all are taken.
 */
int place_choose(const struct place_taken *taken, uint8_t family, unsigned number,
		 struct ip_net *ret_own, struct ip *ret_host);
