/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/report.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Head of a report; the message of a failure follows. */
struct report {
	int32_t pid; /* in the container */
	int32_t code;
};

_Static_assert(REPORT_MAX_BYTES == 2 * sizeof(struct report) + ERR_MSG_MAX, "there can be two");

void report_send(int fd, int code, const char *msg)
{
	struct report head = { .pid = getpid(), .code = code };
	struct iovec iov[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)msg, .iov_len = strlen(msg) },
	};

	if (writev(fd, iov, ARRAY_SIZE(iov)) < 0)
		_exit(125); /* nobody is left to report to */
}

int32_t report_read(struct buf *text, struct err *err)
{
	struct report head = { 0 };

	while (text->len >= sizeof(head) && head.code == 0) {
		memcpy(&head, text->data, sizeof(head));
		buf_consume(text, sizeof(head));
	}
	if (head.pid <= 0)
		return err_set(err, -ECANCELED, "the process was killed before it could start");
	if (head.code < 0)
		return err_set(err, head.code, "%.*s", (int)text->len, text->data);
	return head.pid;
}
