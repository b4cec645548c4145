/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-secret.h"

#include "cli/create/create-put.h"
#include "oci/secret-text.h"

int create_put_secrets(const struct options *o, json_t *ours, struct err *err)
{
	cleanup_json json_t *list = json_array();
	size_t cursor = 0;
	const char *text;
	int r = list ? 0 : err_nomem(err);

	while (r == 0 && (text = options_next(o, "secret", &cursor))) {
		json_t *secret = NULL;

		r = oci_secret_parse(text, &secret, err);
		if (r == 0 && json_array_append_new(list, secret) < 0)
			r = err_nomem(err);
	}
	if (r < 0 || json_array_size(list) == 0)
		return r;
	return create_put(ours, "Secrets", take_ptr(list), err);
}
