/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/progress.h"

void progress_report(const struct progress *p, const char *id, const char *status,
		     uint64_t current_bytes, uint64_t total_bytes)
{
	if (p && p->report)
		p->report(p->arg, id, status, current_bytes, total_bytes);
}

bool progress_cancelled(const struct progress *p)
{
	return p && p->cancelled && p->cancelled(p->arg);
}
