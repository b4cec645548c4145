/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kernel-fetch.h"

#include "cli/progress.h"

int kernel_fetch(struct cli *c, struct err *err)
{
	cleanup(progress_reset) struct progress progress;
	struct api_request rq = { .method = "POST",
				  .path = "/moat/kernel/recommended",
				  .on_body = json_lines_feed,
				  .arg = &progress.lines };
	int r = progress_begin(&progress, c, stderr, err);

	if (r < 0)
		return r;
	r = api_call(c->api, &rq, NULL, err);
	r = progress_end(&progress, r, err);
	return r < 0 ? r : 0;
}
