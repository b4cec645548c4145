/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is a manifest of signatures, and the text that was signed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_signatures list;
	struct oci_signed s;
	struct err err = { 0 };

	if (oci_signatures_read((const char *)data, size, &list, &err) == 0) {
		for (size_t i = 0; i < list.n; i++)
			if (list.list[i].payload.size_bytes > OCI_SIGNED_TEXT_MAX_BYTES)
				abort();
		oci_signatures_reset(&list);
	} else if (!*err.msg) {
		abort();
	}
	err.msg[0] = '\0';
	if (oci_signed_read((const char *)data, size, &s, &err) == 0) {
		if (!digest_is_set(&s.manifest) || !s.identity->registry || !s.identity->repository)
			abort();
		oci_signed_reset(&s);
	} else if (!*err.msg) {
		abort();
	}
	return 0;
}
