/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/restart-policy.h"

#include <errno.h>

#include "base/str.h"

#define RETRIES_MAX	 1000000
#define DELAY_FIRST_USEC (100 * USEC_PER_MSEC)
#define DELAY_MAX_USEC	 (60 * USEC_PER_SEC)
#define RAN_WELL_NSEC	 (10 * (int64_t)NSEC_PER_SEC)

int restart_policy_read(const json_t *policy, struct restart_policy *ret, struct err *err)
{
	static const char *const names[] = {
		[RESTART_NO] = "no",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_ALWAYS] = "always",
		[RESTART_UNLESS_STOPPED] = "unless-stopped",
	};
	struct restart_policy p = { RESTART_NO, 0 };
	const char *name = NULL;
	int64_t retries = 0;
	const char *const *known;
	int r = policy ? json_get_str(policy, "Name", &name, err) : 0;

	if (r == 0 && policy)
		r = json_get_i64(policy, "MaximumRetryCount", &retries, err);
	if (r < 0)
		return r;
	known = name && *name ? STR_FIND(names, name) : names;
	if (!known)
		return err_set(err, -EINVAL,
			       "invalid restart policy: unknown policy '%s'; use one of 'no', "
			       "'always', 'on-failure', or 'unless-stopped'",
			       name);
	p.kind = (enum restart_kind)(known - names);
	if (retries != 0 && p.kind != RESTART_ON_FAILURE)
		return err_set(err, -EINVAL,
			       "invalid restart policy: maximum retry count can only be used with "
			       "'on-failure'");
	if (retries < 0 || retries > RETRIES_MAX)
		return err_set(err, -EINVAL,
			       "invalid restart policy: maximum retry count must be from 0 to %d",
			       RETRIES_MAX);
	p.max_retries = (unsigned)retries;
	*ret = p;
	return 0;
}

bool restart_is_wanted(const struct restart_policy *policy, int code, int count)
{
	switch (policy->kind) {
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	case RESTART_ON_FAILURE:
		return code != 0 && (policy->max_retries == 0 || count < (int)policy->max_retries);
	case RESTART_NO:
		break;
	}
	return false;
}

uint64_t restart_delay(uint64_t last_usec, int64_t ran_nsec)
{
	if (last_usec == 0 || ran_nsec >= RAN_WELL_NSEC)
		return DELAY_FIRST_USEC;
	return last_usec >= DELAY_MAX_USEC / 2 ? DELAY_MAX_USEC : last_usec * 2;
}
