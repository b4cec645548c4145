/* SPDX-License-Identifier: Apache-2.0 */
#include "link/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *const names[] = {
	[LINK_FILES_STAT] = "stat",	  [LINK_FILES_GET] = "get",
	[LINK_FILES_PUT] = "put",	  [LINK_FILES_EXPORT] = "export",
	[LINK_FILES_CHANGES] = "changes", [LINK_FILES_LAYER] = "layer",
};

const char *link_files_name(enum link_files_op op)
{
	return names[op];
}

unsigned link_files_by_name(const char *name)
{
	const char *const *at = STR_FIND(names, name);

	return at ? (unsigned)(at - names) : 0;
}

int link_files_put(struct buf *b, const struct link_files *f)
{
	if (wire_put_u8(b, (uint8_t)f->op) < 0 || wire_put_u32(b, f->flags) < 0 ||
	    wire_put_str(b, f->path) < 0)
		return -ENOMEM;
	return wire_put_str(b, f->user);
}

int link_files_get(struct wire_view payload, struct link_files *ret)
{
	cleanup(link_files_reset) struct link_files f = { 0 };
	uint8_t op;
	int r;

	wire_get_u8(&payload, &op);
	wire_get_u32(&payload, &f.flags);
	wire_get_str(&payload, &f.path);
	wire_get_str(&payload, &f.user);
	r = wire_end(&payload);
	if (r < 0)
		return r;
	if (op < LINK_FILES_STAT || op > LINK_FILES_LAYER || f.flags & ~LINK_FILES_FLAGS_ALL)
		return -EBADMSG;
	f.op = op;
	*ret = take_struct(f);
	return 0;
}

void link_files_reset(struct link_files *f)
{
	free(f->path);
	free(f->user);
	*f = (struct link_files){ 0 };
}

int link_stat_put(struct buf *b, const struct link_stat *s)
{
	if (wire_put_u64(b, s->size_bytes) < 0 || wire_put_u32(b, s->mode) < 0 ||
	    wire_put_u64(b, (uint64_t)s->mtime_nsec) < 0)
		return -ENOMEM;
	return wire_put_str(b, s->target);
}

int link_stat_get(struct wire_view v, struct link_stat *ret)
{
	cleanup(link_stat_reset) struct link_stat s = { 0 };
	uint64_t mtime;
	int r;

	wire_get_u64(&v, &s.size_bytes);
	wire_get_u32(&v, &s.mode);
	wire_get_u64(&v, &mtime);
	wire_get_str(&v, &s.target);
	r = wire_end(&v);
	if (r < 0)
		return r;
	if (s.size_bytes > INT64_MAX) /* jansson's integers are signed */
		return -EBADMSG;
	s.mtime_nsec = (int64_t)mtime;
	*ret = take_struct(s);
	return 0;
}

void link_stat_reset(struct link_stat *s)
{
	free(s->target);
	*s = (struct link_stat){ 0 };
}

int link_outcome_put(struct buf *b, const struct err *err)
{
	int code = err ? err->code : 0;
	int r = wire_put_u32(b, (uint32_t)-code);

	return r == 0 ? wire_put_str(b, code < 0 ? err->msg : "") : r;
}

int link_outcome_get(struct wire_view v, struct err *err)
{
	cleanup_free char *text = NULL;
	uint32_t code;

	if (wire_get_u32(&v, &code) < 0 || wire_get_str(&v, &text) < 0 || v.len > 0 || code > 4095)
		return err_set(err, -EIO, "the guest broke off");
	return code == 0 ? 0 : err_set(err, -(int)code, "%s", *text ? text : "the guest failed");
}
