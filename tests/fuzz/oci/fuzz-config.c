/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/str.h"
#include "oci/config.h"
#include "oci/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted can be copied; its diff_ids are digests. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_image_config struct oci_image_config *c = NULL, *copy = NULL;
	struct digest checked;
	struct err err;

	if (oci_image_config_parse((const char *)data, size, &c, &err) < 0)
		return 0;
	copy = oci_image_config_copy(c);
	if (!copy || strv_len(copy->diff_ids) != strv_len(c->diff_ids))
		abort();
	for (char **id = copy->diff_ids; id && *id; id++)
		if (digest_parse(*id, &checked, NULL) < 0)
			abort();
	return 0;
}
