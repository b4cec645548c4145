/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded into moatd: as long as the file SLOW_DISK names is there, no sync of a file ends. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_while_slow(void)
{
	const char *file = getenv("SLOW_DISK");

	while (file && access(file, F_OK) == 0)
		usleep(10000);
}

int fsync(int fd)
{
	wait_while_slow();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	wait_while_slow();
	return (int)syscall(SYS_fdatasync, fd);
}
