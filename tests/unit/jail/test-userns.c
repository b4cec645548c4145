/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jail/userns.h"

static void says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void the_setting_that_refuses_is_named(void **state)
{
	(void)state;
	says(userns_judge("0\n", NULL, NULL), "user.max_user_namespaces");
	says(userns_judge("96551\n", "0\n", NULL), "kernel.unprivileged_userns_clone");
	says(userns_judge("96551\n", "1\n", "1\n"), "kernel.apparmor_restrict_unprivileged_userns");
	says(userns_judge("96551\n", "1\n", "0\n"), "a policy");
	says(userns_judge(NULL, NULL, NULL), "a policy");
}

static void a_refusal_is_one_error_and_others_stay(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(userns_refused(-ENOSPC, &err), -EPERM);
	says(err.msg, "user namespace");
	says(err.msg, userns_why());
	assert_int_equal(userns_refused(-ENOMEM, &err), -ENOMEM);
	says(err.msg, strerror(ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_setting_that_refuses_is_named),
		cmocka_unit_test(a_refusal_is_one_error_and_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
