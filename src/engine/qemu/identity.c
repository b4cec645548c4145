/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A template fits the QEMU that made it, with the arguments it was made
 * with, on the processor it was made on: KVM shows that processor to the guest, and emulation its
 * time stamp counter.  The binary is known by its size and time of change, which every
 * upgrade changes; arguments are those of the command line, with descriptors left at zero.
 */
#include "engine/qemu/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"

#define CPUINFO_MAX MIB(16)

static const char *const cpu_fields[] = { "vendor_id", "model name", "microcode", "flags" };

static int add_processor(struct buf *b)
{
	cleanup(buf_reset) struct buf info = BUF_INIT;
	int r = file_read_at(AT_FDCWD, "/proc/cpuinfo", CPUINFO_MAX, &info);

	if (r == 0)
		r = buf_adds(&info, "");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cpu_fields); i++) {
		const char *line = strstr(info.data, cpu_fields[i]);

		if (line)
			r = buf_addf(b, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
	return r;
}

static int add_arguments(struct buf *b, const char *binary, enum qemu_accel accel,
			 const struct machine *m, struct err *err)
{
	const struct qemu_start start = { .binary = binary, .accel = accel };
	cleanup_strv char **argv = NULL;
	int r = qemu_cmdline(&start, m, &argv, err);

	for (size_t i = 0; r == 0 && argv[i]; i++)
		r = buf_addf(b, "%s\n", argv[i]);
	return r;
}

int qemu_identity(const char *binary, enum qemu_accel accel, const struct machine *m, char **ret,
		  struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct stat sb;
	int r;

	if (stat(binary, &sb) < 0)
		return err_errno(err, -errno, "%s", binary);
	r = buf_addf(&b, "%lld %lld.%09ld\n", (long long)sb.st_size, (long long)sb.st_mtim.tv_sec,
		     sb.st_mtim.tv_nsec);
	if (r == 0)
		r = add_processor(&b);
	if (r == 0)
		r = add_arguments(&b, binary, accel, m, err);
	if (r < 0)
		return err_errno(err, r, "identity of QEMU");
	*ret = buf_take(&b);
	return 0;
}
