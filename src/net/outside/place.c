/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/place.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/macro.h"

/* Networks that people rarely use: the last of each private range; the unique local one has "moat"
 * in it. */
static const char *const pools4[] = { "10.254.254.0/24", "172.31.254.0/24", "192.168.254.0/24",
				      "100.127.254.0/24", "169.254.254.0/24" };
static const char *const pools6[] = { "fd6d:6f61:7400::/48", "fd6d:6f61:7401::/48",
				      "fd6d:6f61:7402::/48" };

#define BITS_4	30u
#define BITS_6	64u
#define TRIES_4 64u /* networks of two that are tried in a pool */
#define TRIES_6 256u

int place_take(struct place_taken *taken, const struct ip_net *net)
{
	struct ip_net *nets;

	if (net->bits == 0)
		return 0;
	nets = reallocarray(taken->nets, taken->n + 1, sizeof(*nets));
	if (!nets)
		return -ENOMEM;
	nets[taken->n++] = *net;
	taken->nets = nets;
	return 0;
}

void place_taken_reset(struct place_taken *taken)
{
	free(taken->nets);
	*taken = (struct place_taken){ 0 };
}

static bool is_taken(const struct place_taken *taken, const struct ip_net *net)
{
	for (size_t i = 0; i < taken->n; i++)
		if (ip_net_overlap(&taken->nets[i], net))
			return true;
	return false;
}

static void nth_net(const struct ip_net *pool, uint8_t family, unsigned n, struct ip_net *ret)
{
	*ret = *pool;
	ret->bits = family == AF_INET ? BITS_4 : BITS_6;
	if (family == AF_INET) {
		ip_add(&pool->ip, (uint64_t)n << (32 - BITS_4), &ret->ip);
	} else {
		ret->ip.bytes[6] = (uint8_t)(n >> 8);
		ret->ip.bytes[7] = (uint8_t)n;
	}
}

static int choose_in(const struct place_taken *taken, const char *pool_text, unsigned number,
		     struct ip_net *ret)
{
	struct ip_net pool;
	unsigned tries;

	if (ip_net_parse(pool_text, &pool) < 0)
		return -EINVAL;
	tries = pool.ip.family == AF_INET ? TRIES_4 : TRIES_6;
	for (unsigned i = 0; i < tries; i++) {
		nth_net(&pool, pool.ip.family, (number + i) % tries, ret);
		if (!is_taken(taken, ret))
			return 0;
	}
	return -EADDRNOTAVAIL;
}

int place_choose(const struct place_taken *taken, uint8_t family, unsigned number,
		 struct ip_net *ret_own, struct ip *ret_host)
{
	const char *const *pools = family == AF_INET ? pools4 : pools6;
	size_t n = family == AF_INET ? ARRAY_SIZE(pools4) : ARRAY_SIZE(pools6);

	for (size_t i = 0; i < n; i++) {
		struct ip_net net;

		if (choose_in(taken, pools[i], number, &net) < 0)
			continue;
		ip_add(&net.ip, 1, ret_host);
		*ret_own = net;
		ip_add(&net.ip, 2, &ret_own->ip);
		return 0;
	}
	return -EADDRNOTAVAIL;
}
