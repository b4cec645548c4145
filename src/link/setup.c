/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payloads.  What the guest sends is hostile: numbers are checked for the range they
 * can have, and text that will end on somebody's terminal loses its control characters.
 */
#include "link/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define ERRNO_MAX 4095

/* At most @max bytes of text and a NUL. */
static void copy_text(struct wire_view text, char *ret, size_t max)
{
	size_t len = text.len < max ? text.len : max;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = text.data[i];

		ret[i] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	ret[len] = '\0';
}

int link_hello_put(struct buf *b, const struct link_hello *h)
{
	if (wire_put_u32(b, h->version) < 0 || wire_put_str(b, h->kernel) < 0 ||
	    wire_put_u64(b, h->boot_usec) < 0)
		return -ENOMEM;
	return 0;
}

int link_hello_get(struct wire_view payload, struct link_hello *ret)
{
	struct wire_view kernel;
	uint64_t boot_usec;
	uint32_t version;

	if (wire_get_u32(&payload, &version) < 0 || wire_get_bytes(&payload, &kernel) < 0 ||
	    wire_get_u64(&payload, &boot_usec) < 0)
		return -EBADMSG;
	if (payload.len > 0 || kernel.len > LINK_KERNEL_MAX)
		return -EBADMSG;
	ret->version = version;
	copy_text(kernel, ret->kernel, LINK_KERNEL_MAX);
	ret->boot_usec = boot_usec;
	return 0;
}

int link_setup_put(struct buf *b, const struct link_setup *s)
{
	if (wire_put_u64(b, (uint64_t)s->clock_nsec) < 0 ||
	    wire_put_bytes(b, s->entropy.data, s->entropy.len) < 0 ||
	    wire_put_str(b, s->hostname) < 0 || wire_put_u8(b, s->root_readonly) < 0 ||
	    wire_put_u64(b, s->memory_bytes) < 0 ||
	    wire_put_u64(b, (uint64_t)s->cpu_quota_usec) < 0 ||
	    wire_put_u64(b, s->cpu_period_usec) < 0 || wire_put_u64(b, (uint64_t)s->pids_max) < 0 ||
	    wire_put_strv(b, s->masked_paths) < 0 || wire_put_strv(b, s->readonly_paths) < 0)
		return -ENOMEM;
	return 0;
}

void link_setup_reset(struct link_setup *s)
{
	free(s->hostname);
	strv_free(s->masked_paths);
	strv_free(s->readonly_paths);
	*s = (struct link_setup){ 0 };
}

static int get_i64(struct wire_view *v, int64_t *ret)
{
	uint64_t value;
	int r = wire_get_u64(v, &value);

	if (r == 0)
		*ret = (int64_t)value;
	return r;
}

static int get_limits(struct wire_view *v, struct link_setup *s)
{
	int r = wire_get_u64(v, &s->memory_bytes);

	if (r == 0)
		r = get_i64(v, &s->cpu_quota_usec);
	if (r == 0)
		r = wire_get_u64(v, &s->cpu_period_usec);
	if (r == 0)
		r = get_i64(v, &s->pids_max);
	return r;
}

int link_setup_get(struct wire_view payload, struct link_setup *ret)
{
	cleanup(link_setup_reset) struct link_setup s = { 0 };
	int r = get_i64(&payload, &s.clock_nsec);

	if (r == 0)
		r = wire_get_bytes(&payload, &s.entropy);
	if (r == 0)
		r = wire_get_str(&payload, &s.hostname);
	if (r == 0)
		r = wire_get_bool(&payload, &s.root_readonly);
	if (r == 0)
		r = get_limits(&payload, &s);
	if (r == 0)
		r = wire_get_strv(&payload, &s.masked_paths);
	if (r == 0)
		r = wire_get_strv(&payload, &s.readonly_paths);
	if (r < 0)
		return r;
	if (payload.len > 0)
		return -EBADMSG;
	*ret = s;
	s = (struct link_setup){ 0 };
	return 0;
}

int link_exited_put(struct buf *b, const struct link_exited *e)
{
	if (wire_put_u32(b, e->code) < 0 || wire_put_u32(b, e->signal) < 0 ||
	    wire_put_u8(b, e->oom) < 0)
		return -ENOMEM;
	return 0;
}

int link_exited_get(struct wire_view payload, struct link_exited *ret)
{
	struct link_exited e;

	if (wire_get_u32(&payload, &e.code) < 0 || wire_get_u32(&payload, &e.signal) < 0 ||
	    wire_get_bool(&payload, &e.oom) < 0)
		return -EBADMSG;
	if (payload.len > 0 || e.code > 255 || e.signal > 127)
		return -EBADMSG;
	*ret = e;
	return 0;
}

int link_failed_put(struct buf *b, const struct err *err)
{
	if (wire_put_u32(b, (uint32_t)-err->code) < 0 || wire_put_str(b, err->msg) < 0)
		return -ENOMEM;
	return 0;
}

int link_failed_get(struct wire_view payload, struct err *ret)
{
	struct wire_view msg;
	uint32_t code;

	if (wire_get_u32(&payload, &code) < 0 || wire_get_bytes(&payload, &msg) < 0)
		return -EBADMSG;
	if (payload.len > 0 || code == 0 || code > ERRNO_MAX)
		return -EBADMSG;
	ret->code = -(int)code;
	copy_text(msg, ret->msg, ERR_MSG_MAX - 1);
	return 0;
}
