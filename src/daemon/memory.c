/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define PROC_MAX_BYTES 65536

int64_t memory_of_process(pid_t pid)
{
	cleanup_free char *path = str_printf("/proc/%d/smaps_rollup", (int)pid);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const char *pss;

	if (pid <= 0 || !path || file_read_at(AT_FDCWD, path, PROC_MAX_BYTES, &b) < 0 ||
	    buf_add(&b, "", 1) < 0)
		return 0;
	pss = strstr(b.data, "\nPss:");
	return pss ? strtoll(pss + 5, NULL, 10) * 1024 : 0;
}
