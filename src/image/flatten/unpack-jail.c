/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/unpack-jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <iconv.h>
#include <langinfo.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/macro.h"

/*
 * Theory of operation: an attacker who takes over libarchive or a decompressor is in a process that
 * can read the layers, write the image it is making, and take memory up to a limit.  The seccomp
 * filter is the main wall.  A user of its own is the second one, where the process may change its
 * user.  Helper threads are made before the filter, and none after.
 */

#define NOBODY		 65534
#define ADDRESS_BYTES	 GIB(4)
#define OUTPUT_MAX_BYTES GIB(64)
#define CPU_SECONDS	 7200 /* far more than an image of the largest size takes */

static int set_limit(__rlimit_resource_t which, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) < 0)
		return -errno;
	if (value < limit.rlim_max)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(which, &limit) < 0 ? -errno : 0;
}

/* Limits the process.  Writes past OUTPUT_MAX_BYTES fail with EFBIG. */
static int set_limits(void)
{
	int r = set_limit(RLIMIT_CORE, 0);

	signal(SIGXFSZ, SIG_IGN);
	if (r == 0)
		r = set_limit(RLIMIT_FSIZE, OUTPUT_MAX_BYTES);
	if (r == 0)
		r = set_limit(RLIMIT_CPU, CPU_SECONDS);
	if (r == 0 && !IS_SANITIZED)
		r = set_limit(RLIMIT_AS, ADDRESS_BYTES);
	return r;
}

/* Has libraries read their configuration now, as no file can be opened later. */
static int warm_up(void)
{
	char hex[SHA256_HEX_LEN + 1];
	iconv_t cd = iconv_open(nl_langinfo(CODESET), "UTF-8");

	if (cd != (iconv_t)-1)
		iconv_close(cd);
	return hash_bytes("", 0, hex);
}

static void change_user(void)
{
	if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		prctl(PR_SET_DUMPABLE, 0);
}

static int add_rules(scmp_filter_ctx ctx)
{
	static const int allowed[] = {
		SCMP_SYS(read),
		SCMP_SYS(pread64),
		SCMP_SYS(write),
		SCMP_SYS(pwrite64),
		SCMP_SYS(lseek),
		SCMP_SYS(fstat),
		SCMP_SYS(fallocate),
		SCMP_SYS(ftruncate),
		SCMP_SYS(close),
		SCMP_SYS(munmap),
		SCMP_SYS(mremap),
		SCMP_SYS(madvise),
		SCMP_SYS(brk),
		SCMP_SYS(futex),
		SCMP_SYS(getrandom),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(clock_gettime),
		SCMP_SYS(restart_syscall),
		SCMP_SYS(sysinfo), /* of qsort(3) */
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(allowed) && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				     SCMP_A1_32(SCMP_CMP_EQ, F_GETFL));
	/* as glibc's fstat() does it */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
				     SCMP_A3_32(SCMP_CMP_EQ, AT_EMPTY_PATH));
	return r;
}

static int load_filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!ctx)
		return -ENOMEM;
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = add_rules(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r;
}

int unpack_jail_enter(struct err *err)
{
	int r = warm_up();

	if (r < 0)
		return err_errno(err, r, "SHA-256");
	r = set_limits();
	if (r < 0)
		return err_errno(err, r, "cannot set limits");
	change_user();
	/* A change of user clears the signal for the parent's death, so it is set after that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, -errno, "cannot give up privileges");
	return 0;
}

int unpack_jail_close(struct err *err)
{
	/* Sanitizers need system calls that the filter forbids. */
	int r = IS_SANITIZED ? 0 : load_filter();

	return r < 0 ? err_errno(err, r, "cannot load the system call filter") : 0;
}
