/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/credentials.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/str.h"

static const struct {
	const char *name;
	__rlimit_resource_t resource;
} rlimit_names[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static int set_rlimit(const struct oci_rlimit *limit)
{
	struct rlimit value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };

	for (size_t i = 0; i < ARRAY_SIZE(rlimit_names); i++)
		if (streq(limit->type, rlimit_names[i].name))
			return setrlimit(rlimit_names[i].resource, &value) < 0 ? -errno : 0;
	return -EINVAL;
}

static int drop_bounding(uint64_t keep)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		if (keep & (1ULL << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -errno; /* past the kernel's last capability */
	}
	return 0;
}

/*
 * Changes the ids by plain system calls.  libc's functions would have all threads do the same.
 * libc believes that this process has moat-init's threads, as it was made without libc's knowledge,
 * and would wait for one that had just begun.
 */
static int change_user(const struct user *u)
{
	if (syscall(SYS_setgroups, u->n_groups, u->groups) < 0 ||
	    syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0 ||
	    syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0)
		return -errno;
	return 0;
}

static int set_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(mask >> (32 * i));
		data[i].effective = data[i].permitted;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Removes bits that this kernel does not know from a mask. */
static uint64_t known_capabilities(uint64_t mask)
{
	for (unsigned cap = 0; cap < 64; cap++)
		if ((mask & (1ULL << cap)) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
			mask &= ~(1ULL << cap);
	return mask;
}

int credentials_apply(const struct oci_process *p, const struct user *u, struct err *err)
{
	uint64_t caps = known_capabilities(p->capabilities);
	int r;

	for (size_t i = 0; i < p->n_rlimits; i++) {
		r = set_rlimit(&p->rlimits[i]);
		if (r < 0)
			return err_errno(err, r, "set %s", p->rlimits[i].type);
	}
	r = drop_bounding(caps);
	if (r < 0)
		return err_errno(err, r, "drop capabilities");
	r = change_user(u);
	if (r < 0)
		return err_errno(err, r, "become user %u, group %u", u->uid, u->gid);
	r = u->uid == 0 ? set_capabilities(caps) : 0;
	if (r < 0)
		return err_errno(err, r, "set capabilities");
	if (p->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, -errno, "set no_new_privs");
	return 0;
}
