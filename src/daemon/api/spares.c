/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/spares.h"

int api_moat_spares(struct request *rq, struct reply *rp, struct err *err)
{
	(void)err;
	return reply_json(rp, 200, spares_describe(rq->daemon->spares));
}

/* {"Wanted":N}, until moatd ends. */
int api_moat_spares_set(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	int64_t wanted = -1;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_i64(body, "Wanted", &wanted, err);
	if (r < 0)
		return r;
	if (wanted < 0 || wanted > SPARES_MAX)
		return err_set(err, -EINVAL, "Wanted is a number of machines from 0 to %u",
			       SPARES_MAX);
	spares_set(rq->daemon->spares, (unsigned)wanted);
	return api_moat_spares(rq, rp, err);
}
