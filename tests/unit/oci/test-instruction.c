/* SPDX-License-Identifier: Apache-2.0 */
/* What commit and import take of a Dockerfile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oci/instruction.h"

static void assert_change(const char *before, const char *lines, const char *after)
{
	cleanup_json json_t *config = json_loads(before, 0, NULL);
	cleanup_free char *copy = strdup(lines), *text = NULL;
	char *list[] = { copy, NULL };
	struct err err = { 0 };

	assert_non_null(config);
	if (oci_instructions_apply(config, list, &err) < 0)
		fail_msg("%s: %s", lines, err.msg);
	text = json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, after);
}

static void instructions_change_the_configuration(void **state)
{
	(void)state;
	assert_change("{}", "CMD [\"a\", \"b c\"]", "{\"Cmd\":[\"a\",\"b c\"]}");
	assert_change("{}", "cmd echo $HOME", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo $HOME\"]}");
	assert_change("{\"Shell\":[\"/bin/ash\"]}", "CMD x",
		      "{\"Cmd\":[\"/bin/ash\",\"x\"],\"Shell\":[\"/bin/ash\"]}");
	assert_change("{\"Cmd\":[\"x\"]}", "ENTRYPOINT [\"e\"]", "{\"Entrypoint\":[\"e\"]}");
	assert_change("{\"Cmd\":[\"x\"]}", "CMD [\"c\"]\nENTRYPOINT [\"e\"]",
		      "{\"Cmd\":[\"c\"],\"Entrypoint\":[\"e\"]}");
	assert_change("{\"Env\":[\"A=1\",\"AB=2\"]}", "ENV A=3 C=\"x y\" D=a\\ b",
		      "{\"Env\":[\"A=3\",\"AB=2\",\"C=x y\",\"D=a b\"]}");
	assert_change("{}", "ENV OLD some  text", "{\"Env\":[\"OLD=some  text\"]}");
	assert_change("{}", "LABEL a=b 'c d'=e", "{\"Labels\":{\"a\":\"b\",\"c d\":\"e\"}}");
	assert_change("{}", "EXPOSE 80 90-91/udp",
		      "{\"ExposedPorts\":{\"80/tcp\":{},\"90/udp\":{},\"91/udp\":{}}}");
	assert_change("{}", "VOLUME /a /b", "{\"Volumes\":{\"/a\":{},\"/b\":{}}}");
	assert_change("{}", "VOLUME [\"/a b\"]", "{\"Volumes\":{\"/a b\":{}}}");
	assert_change("{}", "WORKDIR /a\n\n# comment\n  WORKDIR b", "{\"WorkingDir\":\"/a/b\"}");
	assert_change("{}", "USER me:us\nSTOPSIGNAL INT\nONBUILD RUN x",
		      "{\"OnBuild\":[\"RUN x\"],\"StopSignal\":\"INT\",\"User\":\"me:us\"}");
	assert_change("{}", "HEALTHCHECK NONE", "{\"Healthcheck\":{\"Test\":[\"NONE\"]}}");
	assert_change("{}", "HEALTHCHECK --interval=1m30s --retries=2 CMD [\"x\"]",
		      "{\"Healthcheck\":{\"Interval\":90000000000,\"Retries\":2,\"Test\":[\"CMD\","
		      "\"x\"]}}");
	assert_change("{}", "HEALTHCHECK CMD a || b",
		      "{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"a || b\"]}}");
}

static void others_are_refused(void **state)
{
	static const char *const lines[] = {
		"RUN x",	 "FROM y",	  "CMD",
		"ENV",		 "ENV =x",	  "ENV A=1 B",
		"EXPOSE x",	 "EXPOSE 70000",  "EXPOSE 5-3",
		"EXPOSE 1/icmp", "LABEL \"a=b",	  "ONBUILD FROM x",
		"HEALTHCHECK",	 "HEALTHCHECK x", "HEALTHCHECK --interval=x CMD y",
		"CMDX y",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup_json json_t *config = json_object();
		cleanup_free char *copy = strdup(lines[i]);
		char *list[] = { copy, NULL };

		assert_int_equal(oci_instructions_apply(config, list, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_change_the_configuration),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
