/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mac.h"
#include "base/macro.h"

static void a_mac_is_read_and_written(void **state)
{
	char text[MAC_TEXT_MAX];
	uint8_t mac[MAC_BYTES];

	(void)state;
	assert_int_equal(mac_parse("02:aB:0C:de:F0:01", mac), 0);
	assert_memory_equal(mac, "\x02\xab\x0c\xde\xf0\x01", MAC_BYTES);
	mac_format(mac, text);
	assert_string_equal(text, "02:ab:0c:de:f0:01");
}

static void what_is_no_mac_of_a_device_is_refused(void **state)
{
	static const char *const wrong[] = { "",
					     "02:00:00:00:00:0",
					     "02:00:00:00:00:0g",
					     "02-00-00-00-00-01",
					     "00:00:00:00:00:00",
					     "ff:ff:ff:ff:ff:ff",
					     "01:00:5e:00:00:01",
					     "02:00:00:00:00:01:" };
	uint8_t mac[MAC_BYTES] = { 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(mac_parse(wrong[i], mac), -EINVAL);
	assert_int_equal(mac[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_is_read_and_written),
		cmocka_unit_test(what_is_no_mac_of_a_device_is_refused),
	};

	return cmocka_run_group_tests_name("base: mac", tests, NULL, NULL);
}
