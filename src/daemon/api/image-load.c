/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"

int api_image_load(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;
	struct image_load in = { .fd = rq->body_fd };
	struct platform platform;
	int r = api_read_platform(rq, &platform, err);

	if (r > 0)
		in.platform = &platform;
	if (r >= 0)
		r = api_take_limits(rq->api, err);
	if (r == 0)
		r = store_load(rq->api->store, &in, &names, err);
	if (r < 0)
		return r;
	for (char **name = names; name && *name; name++) {
		bool id = str_starts(*name, "sha256:") != NULL;
		cleanup_reference struct reference *ref = NULL;
		cleanup_free char *familiar = NULL, *line = NULL;
		cleanup_json json_t *message = NULL;

		if (!id && reference_parse(*name, &ref, NULL) == 0)
			familiar = reference_familiar(ref);
		message = json_pack("{s:o}", "stream",
				    json_sprintf("Loaded image%s: %s\n", id ? " ID" : "",
						 familiar ? familiar : *name));
		line = message ? json_write(message) : NULL;
		if (!line || buf_adds(&rp->body, line) < 0 || buf_adds(&rp->body, "\r\n") < 0)
			return err_nomem(err);
		hub_publish(rq->api->hub, "image", "load", *name,
			    json_pack("{s:s}", "name", familiar ? familiar : *name));
	}
	rp->status = 200;
	rp->content_type = TYPE_JSON;
	return 0;
}
