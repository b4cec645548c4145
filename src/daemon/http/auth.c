/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http/auth.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"

#define HEADER_MAX_BYTES 65536

int credentials_parse(const char *header, struct credentials *ret, struct err *err)
{
	struct credentials c = { 0 };
	cleanup_json json_t *obj = NULL;
	struct buf text = BUF_INIT;
	int r;

	if (!header || !*header)
		return 0;
	r = strlen(header) > HEADER_MAX_BYTES ? -EINVAL : 0;
	/* Room is made all at once: a buffer that grows leaves old copies in memory. */
	if (r == 0)
		r = buf_reserve(&text, strlen(header));
	if (r == 0)
		r = base64_decode(&text, header);
	if (r == 0 && text.len > 0)
		r = json_read(text.data, text.len, "X-Registry-Auth", &obj, NULL);
	buf_wipe(&text);
	if (r < 0)
		return err_set(err, r == -ENOMEM ? r : -EINVAL,
			       "X-Registry-Auth is not base64url JSON");
	r = credentials_read(obj, &c, err);
	if (r < 0) {
		credentials_reset(&c);
		return r;
	}
	*ret = c;
	return 0;
}
