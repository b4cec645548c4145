/* SPDX-License-Identifier: Apache-2.0 */
#include "link/clock.h"

#include <errno.h>

int link_clock_ask_put(struct buf *b, uint64_t asked_nsec)
{
	return wire_put_u64(b, asked_nsec);
}

int link_clock_ask_get(struct wire_view payload, uint64_t *ret_asked_nsec)
{
	uint64_t asked;

	if (wire_get_u64(&payload, &asked) < 0 || payload.len > 0)
		return -EBADMSG;
	*ret_asked_nsec = asked;
	return 0;
}

int link_clock_put(struct buf *b, const struct link_clock *c)
{
	int r = wire_put_u64(b, c->asked_nsec);

	return r < 0 ? r : wire_put_u64(b, (uint64_t)c->now_nsec);
}

int link_clock_get(struct wire_view payload, struct link_clock *ret)
{
	uint64_t asked, now;

	if (wire_get_u64(&payload, &asked) < 0 || wire_get_u64(&payload, &now) < 0 ||
	    payload.len > 0 || asked > INT64_MAX || now > INT64_MAX)
		return -EBADMSG;
	*ret = (struct link_clock){ asked, (int64_t)now };
	return 0;
}
