/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format/gotmpl-parse.h"
#include "cli/format/gotmpl-run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is typed as a template is evaluated or refused with a message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	cleanup_json json_t *dot = json_loads(
		"{\"A\": 1, \"B\": \"x\", \"D\": [\"y\", {\"E\": null}], \"Env\": [\"a\", \"b\"],"
		" \"Networks\": {\"n\": {\"IP\": \"1\"}}, \"Ports\": {\"80/tcp\": [{\"HostPort\": "
		"\"1\"}]}}",
		0, NULL);
	const struct gotmpl_data over = { .dot = dot, .headers = size % 2 };
	cleanup(buf_reset) struct buf out = BUF_INIT;
	cleanup_gotmpl struct gotmpl *t = NULL;
	struct err err = { 0 };
	int r = text ? gotmpl_parse(text, &t, &err) : 0;

	if (r == 0 && t)
		r = gotmpl_run(t, &over, &out, &err);
	if (r < 0 && !err.msg[0])
		abort();
	return 0;
}
