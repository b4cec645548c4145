/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/watch-event.h"

#include <errno.h>
#include <string.h>
#include <sys/fanotify.h>

#include "base/str.h"

/* The beginning of every handle; struct file_handle has a flexible member, which C cannot nest. */
struct handle_head {
	uint32_t bytes;
	int32_t type;
};

static int read_id(const unsigned char *at, size_t len, struct file_id *ret, size_t *ret_used)
{
	struct fanotify_event_info_fid head;
	struct handle_head handle;
	const size_t before = offsetof(struct fanotify_event_info_fid, handle);

	if (len < before + sizeof(handle))
		return -EBADMSG;
	memcpy(&head, at, before);
	memcpy(&handle, at + before, sizeof(handle));
	if (handle.bytes > len - before - sizeof(handle))
		return -EBADMSG;
	*ret = (struct file_id){ .type = handle.type,
				 .len = handle.bytes,
				 .bytes = at + before + sizeof(handle) };
	memcpy(&ret->fsid, &head.fsid, sizeof(ret->fsid));
	*ret_used = before + sizeof(handle) + handle.bytes;
	return 0;
}

static int read_info(const unsigned char *at, size_t len, uint8_t type, struct watch_event *e)
{
	size_t used;
	int r;

	if (type == FAN_EVENT_INFO_TYPE_FID)
		return read_id(at, len, &e->file, &used);
	if (type != FAN_EVENT_INFO_TYPE_DFID && type != FAN_EVENT_INFO_TYPE_DFID_NAME)
		return 0;
	r = read_id(at, len, &e->dir, &used);
	if (r < 0 || type == FAN_EVENT_INFO_TYPE_DFID)
		return r;
	e->name = (const char *)at + used;
	if (used >= len || !memchr(e->name, 0, len - used))
		return -EBADMSG;
	if (streq(e->name, "."))
		e->name = NULL;
	return 0;
}

int watch_event_next(const unsigned char **at, size_t *len, struct watch_event *ret)
{
	struct fanotify_event_metadata meta;
	struct watch_event e = { 0 };
	size_t pos;

	if (*len == 0)
		return 0;
	if (*len < sizeof(meta))
		return -EBADMSG;
	memcpy(&meta, *at, sizeof(meta));
	if (meta.vers != FANOTIFY_METADATA_VERSION || meta.event_len > *len ||
	    meta.metadata_len < sizeof(meta) || meta.metadata_len > meta.event_len)
		return -EBADMSG;
	e.mask = meta.mask;
	e.pid = meta.pid;
	for (pos = meta.metadata_len;
	     pos + sizeof(struct fanotify_event_info_header) <= meta.event_len;) {
		struct fanotify_event_info_header info;

		memcpy(&info, *at + pos, sizeof(info));
		if (info.len < sizeof(info) || info.len > meta.event_len - pos ||
		    read_info(*at + pos, info.len, info.info_type, &e) < 0)
			return -EBADMSG;
		pos += info.len;
	}
	*at += meta.event_len;
	*len -= meta.event_len;
	*ret = e;
	return 1;
}
