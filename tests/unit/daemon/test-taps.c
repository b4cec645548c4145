/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/machine/taps.h"

/* A source whose taps are open files, and which may have none. */
struct fake {
	unsigned got, asked;
	bool is_empty;
	char back[64]; /* names that came back */
};

static int get_fake(void *arg, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1], struct err *err)
{
	struct fake *f = arg;

	f->asked++;
	if (f->is_empty)
		return err_set(err, -EACCES, "/dev/net/tun is closed");
	*ret_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	snprintf(ret_name, CONTROL_TAP_MAX + 1, "t%u", f->got++);
	return 0;
}

static void put_back_fake(void *arg, const char *name)
{
	struct fake *f = arg;

	strcat(f->back, name);
}

static void set_up(struct taps *t, struct fake *f)
{
	taps_init(t);
	taps_set(t, &(struct tap_source){ get_fake, put_back_fake, f });
}

static void each_machine_gets_another_tap(void **state)
{
	struct tap one = TAP_NONE, two = TAP_NONE;
	struct fake f = { 0 };
	struct taps t;

	(void)state;
	set_up(&t, &f);
	assert_true(taps_are_there(&t));
	assert_true(taps_are_there(&t));
	assert_int_equal(f.asked, 1);
	assert_int_equal(taps_take(&t, &one, NULL), 0);
	assert_int_equal(f.asked, 1); /* the one that was got to see */
	assert_int_equal(taps_take(&t, &two, NULL), 0);
	assert_string_equal(one.name, "t0");
	assert_string_equal(two.name, "t1");
	assert_true(one.fd >= 0 && two.fd >= 0 && one.fd != two.fd);
	taps_put_back(&t, two.name);
	taps_put_back(&t, "");
	assert_string_equal(f.back, "t1");
	tap_close(&one);
	tap_close(&two);
	taps_destroy(&t);
}

static void why_there_is_none_is_told_without_asking_each_time(void **state)
{
	struct tap tap = TAP_NONE;
	struct fake f = { .is_empty = true };
	struct err err = { 0 };
	struct taps t;

	(void)state;
	set_up(&t, &f);
	assert_false(taps_are_there(&t));
	assert_false(taps_are_there(&t));
	assert_int_equal(taps_take(&t, &tap, &err), -EACCES);
	assert_string_equal(err.msg, "/dev/net/tun is closed");
	assert_int_equal(f.asked, 1);
	assert_int_equal(tap.fd, -1);
	/* For who needs one it is asked again, as another source is. */
	taps_ask_again(&t);
	assert_false(taps_are_there(&t));
	assert_int_equal(f.asked, 2);
	f.is_empty = false;
	taps_ask_again(&t);
	assert_true(taps_are_there(&t));
	assert_int_equal(taps_take(&t, &tap, NULL), 0);
	tap_close(&tap);
	taps_set(&t, &(struct tap_source){ get_fake, put_back_fake, &f });
	assert_true(taps_are_there(&t));
	taps_destroy(&t);
}

static void a_source_that_fails_later_is_noticed(void **state)
{
	struct tap tap = TAP_NONE;
	struct fake f = { 0 };
	struct taps t;

	(void)state;
	set_up(&t, &f);
	assert_int_equal(taps_take(&t, &tap, NULL), 0);
	tap_close(&tap);
	f.is_empty = true;
	assert_int_equal(taps_take(&t, &tap, NULL), -EACCES);
	assert_false(taps_are_there(&t));
	taps_destroy(&t);
}

static void without_a_source_there_are_none(void **state)
{
	struct tap tap = TAP_NONE;
	struct err err = { 0 };
	struct taps t;

	(void)state;
	taps_init(&t);
	assert_false(taps_are_there(&t));
	assert_int_equal(taps_take(&t, &tap, &err), -ENODEV);
	assert_true(*err.msg);
	taps_put_back(&t, "t0");
	taps_destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_machine_gets_another_tap),
		cmocka_unit_test(why_there_is_none_is_told_without_asking_each_time),
		cmocka_unit_test(a_source_that_fails_later_is_noticed),
		cmocka_unit_test(without_a_source_there_are_none),
	};

	return cmocka_run_group_tests_name("daemon: taps", tests, NULL, NULL);
}
