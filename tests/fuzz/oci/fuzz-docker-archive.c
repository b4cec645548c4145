/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "oci/descriptor.h"
#include "oci/docker-archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is manifest.json of a `docker save` archive. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct docker_archive a;
	struct err err = { 0 };

	if (docker_archive_read((const char *)data, size, &a, &err) < 0) {
		if (!*err.msg)
			abort();
		return 0;
	}
	for (size_t i = 0; i < a.n; i++) {
		const struct docker_image *im = &a.images[i];

		if (!im->config || strv_len(im->layers) > OCI_LAYERS_MAX)
			abort();
		for (char **tag = im->tags; tag && *tag; tag++) {
			struct reference *ref;

			if (reference_parse(*tag, &ref, NULL) < 0)
				abort();
			reference_free(ref);
		}
	}
	docker_archive_reset(&a);
	return 0;
}
