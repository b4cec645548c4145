/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "daemon/spec/host-defaults.h"

/* @want: members as they have to be once @given was filled */
static void expect_filled(const char *given, const char *want)
{
	cleanup_json json_t *host = json_loads(given, 0, NULL), *wanted = json_loads(want, 0, NULL);
	const char *key;
	json_t *value;

	assert_int_equal(host_config_fill(host), 0);
	json_object_foreach (wanted, key, value) {
		if (!json_equal(value, json_object_get(host, key)))
			fail_msg("%s is wrong", key);
	}
}

static const char defaults[] =
	"{\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{}},\"ShmSize\":67108864,"
	"\"IpcMode\":\"private\",\"CgroupnsMode\":\"private\",\"AutoRemove\":false,"
	"\"RestartPolicy\":{\"Name\":\"no\",\"MaximumRetryCount\":0},\"Binds\":null,"
	"\"CapAdd\":null,\"Dns\":[],\"Devices\":[],\"ConsoleSize\":[0,0],\"Runtime\":\"moat\","
	"\"NetworkMode\":\"default\",\"PidsLimit\":null,\"MemorySwappiness\":null,"
	"\"OomKillDisable\":null,\"CpusetCpus\":\"\",\"IOMaximumBandwidth\":0}";

static void every_member_is_there(void **state)
{
	cleanup_json json_t *host = json_object();

	(void)state;
	expect_filled("{}", defaults);
	assert_int_equal(host_config_fill(host), 0);
	/* Docker has 63; MaskedPaths and ReadonlyPaths are stored with each container. */
	assert_int_equal(json_object_size(host), 61);
}

static void what_a_client_writes_for_nothing_is_a_default(void **state)
{
	(void)state;
	expect_filled("{\"LogConfig\":{\"Type\":\"\",\"Config\":{}},\"ShmSize\":0,\"IpcMode\":\"\","
		      "\"CgroupnsMode\":\"\",\"RestartPolicy\":{\"Name\":\"\"},\"Dns\":null,"
		      "\"Runtime\":\"\",\"NetworkMode\":\"\",\"PidsLimit\":0,"
		      "\"MemorySwappiness\":-1,\"OomKillDisable\":false}",
		      defaults);
}

static void what_was_asked_for_stays(void **state)
{
	static const char given[] =
		"{\"ShmSize\":1,\"CapAdd\":[\"ALL\"],\"IpcMode\":\"shareable\",\"AutoRemove\":true,"
		"\"LogConfig\":{\"Type\":\"local\",\"Config\":{\"max-size\":\"1m\"}},"
		"\"PidsLimit\":-1,\"Moat\":{\"Cold\":true}}";

	(void)state;
	expect_filled(given, given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_there),
		cmocka_unit_test(what_a_client_writes_for_nothing_is_a_default),
		cmocka_unit_test(what_was_asked_for_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
