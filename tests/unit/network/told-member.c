/* SPDX-License-Identifier: Apache-2.0 */
#include "told-member.h"
#include "daemon/network/member-run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void told_add(char n, const char *const *wishes)
{
	struct err err = { 0 };

	if (told_member(n, wishes, &err) < 0)
		fail_msg("c%c: %s", n, err.msg);
}

struct wiring told_begin(char n)
{
	struct wiring w = { 0 };
	struct err err = { 0 };

	if (member_begin(told_nets(), told_id(n), &w, &err) < 0)
		fail_msg("c%c: %s", n, err.msg);
	return w;
}

void told_plug(char n, const char *tap)
{
	struct err err = { 0 };

	if (member_plug(told_nets(), told_id(n), tap, &err) < 0)
		fail_msg("c%c: %s", n, err.msg);
}

void told_load(char n)
{
	char name[] = "cX";
	struct member_names names = { .id = told_id(n), .name = name, .hostname = "h" };

	name[1] = n;
	assert_int_equal(member_load(told_nets(), &names), 0);
}

void told_assert(const char *want)
{
	const char *have = told_text();

	if (!strstr(have, want))
		fail_msg("not told: %s\nbut: %s", want, have);
}
