/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/labels.h"

#include "base/buf.h"

json_t *labels_text(json_t *labels)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const char *key;
	json_t *value;

	json_object_foreach (labels, key, value) {
		const char *text = json_is_string(value) ? json_string_value(value) : "";

		if (buf_addf(&b, "%s%s=%s", b.len ? "," : "", key, text) < 0)
			return NULL;
	}
	return json_string(b.data ? b.data : "");
}
