/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/files/output.h"

#include <string.h>

#include "base/fd.h"

int files_flush(struct files_output *o)
{
	int r = fd_write_all(o->fd, o->data, o->len);

	o->len = 0;
	return r;
}

int files_write(void *arg, const void *data, size_t len)
{
	struct files_output *o = arg;
	int r = 0;

	if (len > sizeof(o->data) - o->len)
		r = files_flush(o);
	if (r == 0 && len > sizeof(o->data))
		return fd_write_all(o->fd, data, len);
	if (r < 0)
		return r;
	memcpy(o->data + o->len, data, len);
	o->len += len;
	return 0;
}
