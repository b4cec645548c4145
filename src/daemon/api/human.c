/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/api/human.h"

#include <stdio.h>

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

void human_duration(int64_t seconds, char *ret, size_t size)
{
	long long s = seconds, hours = (s + HOUR / 2) / HOUR;

	if (s < 1)
		snprintf(ret, size, "Less than a second");
	else if (s == 1)
		snprintf(ret, size, "1 second");
	else if (s < MINUTE)
		snprintf(ret, size, "%lld seconds", s);
	else if (s < 2 * MINUTE)
		snprintf(ret, size, "About a minute");
	else if (s < HOUR)
		snprintf(ret, size, "%lld minutes", s / MINUTE);
	else if (hours == 1)
		snprintf(ret, size, "About an hour");
	else if (hours < 48)
		snprintf(ret, size, "%lld hours", hours);
	else if (hours < 24 * 14)
		snprintf(ret, size, "%lld days", s / DAY);
	else if (hours < 24 * 60)
		snprintf(ret, size, "%lld weeks", s / (7 * DAY));
	else if (hours < 24 * 365 * 2)
		snprintf(ret, size, "%lld months", s / (30 * DAY));
	else
		snprintf(ret, size, "%lld years", s / (365 * DAY));
}
