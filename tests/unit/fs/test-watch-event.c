/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/watch-event.h"

/* An event as the kernel writes it: about @name in a folder. */
static size_t write_event(unsigned char *to, uint64_t mask, const char *name)
{
	struct fanotify_event_metadata meta = { .vers = FANOTIFY_METADATA_VERSION,
						.metadata_len = sizeof(meta),
						.mask = mask,
						.fd = FAN_NOFD,
						.pid = 42 };
	struct fanotify_event_info_fid fid = { .hdr = { FAN_EVENT_INFO_TYPE_DFID_NAME, 0, 0 } };
	const uint32_t handle[] = { 8, 1, 0x11111111, 0x22222222 };
	size_t head = offsetof(struct fanotify_event_info_fid, handle);

	memset(&fid.fsid, 7, sizeof(fid.fsid));
	fid.hdr.len = (uint16_t)(head + sizeof(handle) + strlen(name) + 1);
	meta.event_len = (uint32_t)(sizeof(meta) + fid.hdr.len);
	memcpy(to, &meta, sizeof(meta));
	memcpy(to + sizeof(meta), &fid, head);
	memcpy(to + sizeof(meta) + head, handle, sizeof(handle));
	memcpy(to + sizeof(meta) + head + sizeof(handle), name, strlen(name) + 1);
	return meta.event_len;
}

static void events_come_one_after_the_other(void **state)
{
	unsigned char bytes[512];
	size_t len = write_event(bytes, FAN_CREATE, "new");
	const unsigned char *at = bytes;
	struct watch_event e;

	(void)state;
	len += write_event(bytes + len, FAN_ATTRIB | FAN_ONDIR, ".");
	assert_int_equal(watch_event_next(&at, &len, &e), 1);
	assert_int_equal(e.mask, FAN_CREATE);
	assert_int_equal(e.pid, 42);
	assert_string_equal(e.name, "new");
	assert_int_equal(e.dir.len, 8);
	assert_int_equal(e.dir.type, 1);
	assert_int_equal(e.dir.fsid, 0x0707070707070707);
	assert_null(e.file.bytes);
	assert_int_equal(watch_event_next(&at, &len, &e), 1);
	assert_null(e.name);
	assert_int_equal(watch_event_next(&at, &len, &e), 0);
}

static void cut_events_are_refused(void **state)
{
	unsigned char bytes[512];
	const size_t whole = write_event(bytes, FAN_CREATE, "new");
	struct watch_event e;

	(void)state;
	for (size_t n = 1; n < whole; n++) {
		const unsigned char *at = bytes;
		size_t len = n;

		assert_int_equal(watch_event_next(&at, &len, &e), -EBADMSG);
	}
}

/* The kernel here has it, unless it is old or nothing is permitted. */
static void the_kernel_writes_them_so(void **state)
{
	char path[] = "/tmp/moat-test-watch-XXXXXX", file[64];
	_Alignas(8) unsigned char bytes[4096];
	const unsigned char *at = bytes;
	struct watch_event e;
	ssize_t n;
	size_t len;
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_REPORT_DFID_NAME, 0);

	(void)state;
	if (fd < 0)
		skip();
	assert_non_null(mkdtemp(path));
	if (fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE | FAN_EVENT_ON_CHILD | FAN_ONDIR, -1, path) <
	    0) {
		close(fd);
		rmdir(path);
		skip();
	}
	snprintf(file, sizeof(file), "%s/entry", path);
	assert_int_equal(mkdir(file, 0700), 0);
	n = read(fd, bytes, sizeof(bytes));
	assert_true(n > 0);
	len = (size_t)n;
	assert_int_equal(watch_event_next(&at, &len, &e), 1);
	assert_true(e.mask & FAN_CREATE);
	assert_int_equal(e.pid, getpid());
	assert_string_equal(e.name, "entry");
	assert_true(e.dir.len > 0);
	close(fd);
	rmdir(file);
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_one_after_the_other),
		cmocka_unit_test(cut_events_are_refused),
		cmocka_unit_test(the_kernel_writes_them_so),
	};

	return cmocka_run_group_tests_name("fs: watch-event", tests, NULL, NULL);
}
