/* SPDX-License-Identifier: Apache-2.0 */
/* POST /moat/images/NAME/verify: are all parts of an image as they came? */
#include "base/json-object.h"
#include "daemon/api/api.h"

static const char *rootfs_word(const struct verdict *v)
{
	static const char *const words[] = { "right", "noted", "wrong", "missing" };

	return words[v->rootfs];
}

int api_image_verify(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(verdict_reset) struct verdict v = { 0 };
	int r = store_verify(rq->api->store, rq->target, &v, err);

	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  JSON_OBJECT(member_text("Id", v.image.text),
				      member_int("Blobs", (json_int_t)v.n_blobs),
				      member_int("Bytes", (json_int_t)v.bytes),
				      member_json("Wrong", json_from_strv(v.wrong)),
				      member_json("Missing", json_from_strv(v.missing)),
				      member_text("RootFS", rootfs_word(&v)),
				      member_bool("Remade", v.is_remade)),
			  err);
}
