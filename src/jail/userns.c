/* SPDX-License-Identifier: Apache-2.0 */
#include "jail/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#define SYSCTL_BYTES 32

static bool begins_with(const char *text, char c)
{
	return text && text[0] == c;
}

const char *userns_judge(const char *max, const char *clone, const char *apparmor)
{
	if (begins_with(max, '0'))
		return "the sysctl user.max_user_namespaces is 0; have root raise it, as to 10000";
	if (begins_with(clone, '0'))
		return "the sysctl kernel.unprivileged_userns_clone is 0; have root set it to 1";
	if (begins_with(apparmor, '1'))
		return "AppArmor keeps users from it; have root set the sysctl "
		       "kernel.apparmor_restrict_unprivileged_userns to 0, or give moat's programs "
		       "a profile with \"userns,\"";
	return "a policy keeps users from it, as that of a container or chroot which moat runs in";
}

static const char *read_sysctl(const char *path, struct buf *b)
{
	return file_read_at(AT_FDCWD, path, SYSCTL_BYTES, b) == 0 && b->len > 0 ? b->data : NULL;
}

const char *userns_why(void)
{
	cleanup(buf_reset) struct buf max = BUF_INIT, clone = BUF_INIT, apparmor = BUF_INIT;

	return userns_judge(
		read_sysctl("/proc/sys/user/max_user_namespaces", &max),
		read_sysctl("/proc/sys/kernel/unprivileged_userns_clone", &clone),
		read_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", &apparmor));
}

int userns_refused(int r, struct err *err)
{
	bool refusal = r == -EPERM || r == -EACCES || r == -ENOSPC || r == -EUSERS;

	return err_set(err, refusal ? -EPERM : r, "no user namespace can be made: %s%s%s",
		       strerror(-r), refusal ? ": " : "", refusal ? userns_why() : "");
}
