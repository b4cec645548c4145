/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "daemon/api/api.h"
#include "daemon/machine/spare-list.h"
#include "daemon/machine/spares.h"

int api_moat_spares(struct request *rq, struct reply *rp, struct err *err)
{
	return reply_json(rp, 200, spares_describe(rq->api->machines->spares), err);
}

/* {"Least":N,"Most":N}; counts until moatd ends; without "Most", it is "Least". */
int api_moat_spares_set(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	int64_t least = -1, most;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_i64(body, "Least", &least, err);
	most = least;
	if (r == 0)
		r = json_get_i64(body, "Most", &most, err);
	if (r < 0)
		return r;
	if (least < 0 || most < least || most > SPARES_MAX)
		return err_set(err, -EINVAL,
			       "Least and Most are numbers of machines from 0 to %u, and Most is "
			       "not the smaller one",
			       SPARES_MAX);
	spares_set(rq->api->machines->spares,
		   (struct spare_bounds){ (unsigned)least, (unsigned)most });
	return api_moat_spares(rq, rp, err);
}
