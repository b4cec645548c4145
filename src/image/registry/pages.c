/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/pages.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/registry/redirect.h"

int page_turn(const struct registry *reg, const struct http *h, struct http_response *rs,
	      char **url)
{
	bool same_host = false;
	int r = rs->next_page ? redirect_check(reg->base, rs->next_page, http_settings(h),
					       &same_host, NULL)
			      : 0;

	free(*url);
	*url = take_ptr(rs->next_page);
	return r == -ENOMEM ? r : r == 0 && same_host;
}
