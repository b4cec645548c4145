/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "cli/ports-text.h"

/* @ports: "IP PUBLIC PRIVATE TYPE; …", with - for what is not there */
static json_t *list_of(const char *ports)
{
	char *copy = strdup(ports), *save = NULL;
	json_t *list = json_array();

	for (char *one = strtok_r(copy, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
		char ip[64], type[8];
		int public, private;
		json_t *item = json_object();

		assert_int_equal(sscanf(one, " %63s %d %d %7s", ip, &public, &private, type), 4);
		if (ip[0] != '-') {
			json_object_set_new(item, "IP", json_string(ip));
			json_object_set_new(item, "PublicPort", json_integer(public));
		}
		json_object_set_new(item, "PrivatePort", json_integer(private));
		json_object_set_new(item, "Type", json_string(type));
		json_array_append_new(list, item);
	}
	free(copy);
	return list;
}

static void ports_are_written_as_docker_writes_them(void **state)
{
	static const struct {
		const char *ports, *text;
	} cases[] = {
		{ "", "" },
		{ "- 0 80 tcp", "80/tcp" },
		{ "- 0 80 tcp; - 0 443 tcp", "80/tcp, 443/tcp" },
		{ "- 0 81 tcp; - 0 80 tcp", "80-81/tcp" },
		{ "0.0.0.0 8080 80 tcp; :: 8080 80 tcp",
		  "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp" },
		{ "0.0.0.0 80 80 tcp; :: 80 80 tcp", "0.0.0.0:80->80/tcp, [::]:80->80/tcp" },
		{ "0.0.0.0 80 80 tcp; 0.0.0.0 81 81 tcp; 0.0.0.0 83 83 tcp",
		  "0.0.0.0:80-81->80-81/tcp, 0.0.0.0:83->83/tcp" },
		{ "0.0.0.0 53 53 udp; 0.0.0.0 53 53 tcp; - 0 9 sctp",
		  "9/sctp, 0.0.0.0:53->53/tcp, 0.0.0.0:53->53/udp" },
		{ "127.0.0.1 9000 80 tcp; - 0 443 tcp", "443/tcp, 127.0.0.1:9000->80/tcp" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json json_t *list = list_of(cases[i].ports);
		cleanup_free char *text = ports_text(list);

		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_written_as_docker_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
