/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/container/process-table.h"

static const struct link_proc shell = {
	.pid = 1,
	.uid = 1000,
	.age_usec = 100 * USEC_PER_SEC,
	.cpu_usec = 25 * USEC_PER_SEC,
	.virtual_bytes = MIB(4),
	.resident_bytes = MIB(1),
	.memory_permille = 12,
	.state = "S",
	.name = "sh",
	.command = "sh -c x",
};

/* @want: the table, cells and lines of it apart by spaces */
static void check(const char *options, const char *want)
{
	cleanup_json json_t *table = NULL;
	cleanup_free char *text = NULL;

	assert_int_equal(process_table(&shell, 1, options, &table, NULL), 0);
	text = json_write(table);
	assert_non_null(text);
	assert_string_equal(text, want);
}

static void refuse(const char *options, const char *why)
{
	json_t *table = NULL;
	struct err err = { 0 };

	assert_int_equal(process_table(&shell, 1, options, &table, &err), -EINVAL);
	assert_null(table);
	assert_non_null(strstr(err.msg, why));
}

static void columns_are_those_asked_for(void **state)
{
	static const char *const ways[] = { "-eo pid,comm",	 "-o pid,comm", "-opid,comm",
					    "-e -o pid -o comm", "o pid,comm",	" axo pid,comm",
					    "-ef -o pid,comm" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		check(ways[i], "{\"Titles\":[\"PID\",\"COMMAND\"],\"Processes\":[[\"1\",\"sh\"]]}");
	check("-o pid= -o user=ME,TOO",
	      "{\"Titles\":[\"\",\"ME,TOO\"],\"Processes\":[[\"1\",\"1000\"]]}");
	check("-o ppid,args,stat,time,etime,etimes,pcpu,%mem,vsz,rss",
	      "{\"Titles\":[\"PPID\",\"COMMAND\",\"STAT\",\"TIME\",\"ELAPSED\",\"ELAPSED\",\"%"
	      "CPU\","
	      "\"%MEM\",\"VSZ\",\"RSS\"],\"Processes\":[[\"0\",\"sh -c x\",\"S\",\"00:00:25\","
	      "\"01:40\",\"100\",\"25.0\",\"1.2\",\"4096\",\"1024\"]]}");
}

static void root_has_a_name(void **state)
{
	struct link_proc p = { .pid = 1, .uid = 0 };
	json_t *table = NULL;
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(process_table(&p, 1, "-o user,uid", &table, NULL), 0);
	text = json_write(table);
	json_decref(table);
	assert_string_equal(text,
			    "{\"Titles\":[\"USER\",\"UID\"],\"Processes\":[[\"root\",\"0\"]]}");
}

static void letters_stand_for_columns(void **state)
{
	(void)state;
	check("-e", "{\"Titles\":[\"PID\",\"TTY\",\"TIME\",\"CMD\"],"
		    "\"Processes\":[[\"1\",\"?\",\"00:00:25\",\"sh\"]]}");
	check("ax", "{\"Titles\":[\"PID\",\"TTY\",\"STAT\",\"TIME\",\"COMMAND\"],"
		    "\"Processes\":[[\"1\",\"?\",\"S\",\"0:25\",\"sh -c x\"]]}");
}

static void what_is_not_known_is_refused(void **state)
{
	(void)state;
	refuse("-o pid,nosuch", "unknown column \"nosuch\"");
	refuse("-o pid,,comm", "unknown column \"\"");
	refuse("-o", "-o of ps needs columns");
	refuse("-Z", "\"-Z\"");
	refuse("-u root", "\"-u\"");
	refuse("--forest", "\"--forest\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_those_asked_for),
		cmocka_unit_test(root_has_a_name),
		cmocka_unit_test(letters_stand_for_columns),
		cmocka_unit_test(what_is_not_known_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
