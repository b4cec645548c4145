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

static int get_i64(struct wire_view *v, int64_t *ret)
{
	uint64_t value;
	int r = wire_get_u64(v, &value);

	if (r == 0)
		*ret = (int64_t)value;
	return r;
}

int link_machine_put(struct buf *b, const struct link_machine *m)
{
	int r = wire_put_u64(b, (uint64_t)m->clock_nsec);

	return r < 0 ? r : wire_put_bytes(b, m->entropy.data, m->entropy.len);
}

int link_machine_get(struct wire_view payload, struct link_machine *ret)
{
	struct link_machine m;

	if (get_i64(&payload, &m.clock_nsec) < 0 || wire_get_bytes(&payload, &m.entropy) < 0 ||
	    payload.len > 0)
		return -EBADMSG;
	*ret = m;
	return 0;
}

int link_container_put(struct buf *b, const struct link_container *c)
{
	if (wire_put_u8(b, c->slot) < 0 || wire_put_str(b, c->hostname) < 0 ||
	    wire_put_u8(b, c->root_readonly) < 0 || wire_put_u64(b, c->memory_bytes) < 0 ||
	    wire_put_u64(b, (uint64_t)c->cpu_quota_usec) < 0 ||
	    wire_put_u64(b, c->cpu_period_usec) < 0 || wire_put_u64(b, (uint64_t)c->pids_max) < 0 ||
	    wire_put_strv(b, c->masked_paths) < 0 || wire_put_strv(b, c->readonly_paths) < 0 ||
	    wire_put_bytes(b, c->options.data, c->options.len) < 0)
		return -ENOMEM;
	return 0;
}

void link_container_reset(struct link_container *c)
{
	free(c->hostname);
	strv_free(c->masked_paths);
	strv_free(c->readonly_paths);
	*c = (struct link_container){ 0 };
}

int link_container_get(struct wire_view payload, struct link_container *ret)
{
	cleanup(link_container_reset) struct link_container c = { 0 };
	int r;

	wire_get_u8(&payload, &c.slot);
	wire_get_str(&payload, &c.hostname);
	wire_get_bool(&payload, &c.root_readonly);
	wire_get_u64(&payload, &c.memory_bytes);
	get_i64(&payload, &c.cpu_quota_usec);
	wire_get_u64(&payload, &c.cpu_period_usec);
	get_i64(&payload, &c.pids_max);
	wire_get_strv(&payload, &c.masked_paths);
	wire_get_strv(&payload, &c.readonly_paths);
	wire_get_bytes(&payload, &c.options);
	r = wire_end(&payload);
	if (r < 0)
		return r;
	if (c.slot >= LINK_SLOTS)
		return -EBADMSG;
	*ret = take_struct(c);
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
