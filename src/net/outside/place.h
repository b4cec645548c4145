/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/ip.h"

/*
 * Chooses addresses for the way between moat's namespace and the host: a network of two, which must
 * be nobody else's.  Pure.
 */

struct place_taken {
	struct ip_net *nets; /* owned */
	size_t n;
};

/** place_take() - note that a network is somebody's.  Default routes are ignored.  Return: 0;
 * -ENOMEM. */
int place_take(struct place_taken *taken, const struct ip_net *net);

void place_taken_reset(struct place_taken *taken);

/**
 * place_choose() - choose a network for a way outside
 * @number:   of this way outside: each has other networks
 * @ret_own:  moat's address in it
 * @ret_host: the host's
 *
 * Return: 0; -EADDRNOTAVAIL when all are taken.
 */
int place_choose(const struct place_taken *taken, uint8_t family, unsigned number,
		 struct ip_net *ret_own, struct ip *ret_host);
