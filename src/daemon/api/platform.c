/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "daemon/api/api.h"
#include "oci/descriptor.h"

static int read_object(const char *text, struct platform *ret, struct err *err)
{
	cleanup_json json_t *object = NULL;
	struct platform p;
	int r = json_read(text, strlen(text), "platform", &object, err);

	if (r == 0)
		r = platform_read(object, &p, err);
	if (r == 0 && (!*p.os || !*p.arch))
		r = -EBADMSG;
	if (r < 0)
		return r == -ENOMEM ? r
				    : err_set(err, -EINVAL,
					      "a platform is an object with \"os\" and "
					      "\"architecture\", or words as linux/arm64");
	*ret = p;
	return 0;
}

int api_read_platform(const struct request *rq, struct platform *ret, struct err *err)
{
	const char *text = request_arg(rq, "platform");
	int r;

	if (!text || !*text)
		return 0;
	r = *text == '{' ? read_object(text, ret, err) : platform_parse(text, ret, err);
	return r < 0 ? r : 1;
}
