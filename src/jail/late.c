/* SPDX-License-Identifier: Apache-2.0 */
#include "jail/late.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"

static int check_call(long result)
{
	return result < 0 ? -errno : 0;
}

/* Without CAP_SETPCAP the set cannot be cleared, nor used, as there are no new privileges. */
static int clear_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	return 0;
}

/* Becomes the user as identity_drop() does: "nobody" where that user does not exist, and no change
 * where it is not permitted. */
static int become_user(uint32_t user)
{
	const uint32_t candidates[] = { user, NOBODY_UID };

	for (size_t i = 0; user > 0 && i < ARRAY_SIZE(candidates); i++) {
		uint32_t id = candidates[i];

		if (syscall(SYS_setresgid, id, id, id) == 0 &&
		    syscall(SYS_setresuid, id, id, id) == 0)
			return 0;
		if (errno != EINVAL)
			return errno == EPERM ? 0 : -errno;
	}
	return 0;
}

static int clear_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return check_call(syscall(SYS_capset, &header, none));
}

static int bound_threads(const struct jail_late *j)
{
	const struct rlimit limit = { j->threads_max, j->threads_max };

	return j->threads_max > 0
		       ? check_call(syscall(SYS_prlimit64, 0, RLIMIT_NPROC, &limit, NULL))
		       : 0;
}

static int set_filter(const struct sock_filter *filter, size_t n)
{
	/* The kernel only reads the filter. */
	const struct sock_fprog program = { (unsigned short)n,
					    (struct sock_filter *)(uintptr_t)filter };

	if (n == 0 || n > JAIL_FILTER_MAX)
		return -EINVAL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return check_call(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

int jail_enter_late(const struct jail_late *j, const struct sock_filter *filter, size_t n)
{
	int r = clear_bounding_set();

	if (r == 0)
		r = become_user(j->user);
	if (r == 0)
		r = clear_capabilities();
	if (r == 0)
		r = bound_threads(j);
	return r == 0 ? set_filter(filter, n) : r;
}
