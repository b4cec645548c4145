/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/descriptor.h"
#include "oci/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing but a manifest or an index is ever selected, and never an attestation. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	const struct platform want = platform_host();
	const struct oci_descriptor *d;
	struct err err;

	if (oci_index_parse((const char *)data, size, &ix, &err) < 0 ||
	    oci_index_select(ix, &want, &d, &err) < 0)
		return 0;
	if ((!oci_is_index(d->media_type) && !oci_is_manifest(d->media_type)) ||
	    (d->has_platform && strcmp(d->platform.os, "linux") != 0))
		abort();
	return 0;
}
