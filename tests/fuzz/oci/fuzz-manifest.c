/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/descriptor.h"
#include "oci/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted must be written, and read back the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_manifest struct oci_manifest *m = NULL, *again = NULL;
	cleanup_free char *text = NULL;
	struct err err;

	if (oci_manifest_parse((const char *)data, size, &m, &err) < 0)
		return 0;
	text = oci_manifest_write(m);
	if (!text || oci_manifest_parse(text, strlen(text), &again, &err) < 0 ||
	    again->n_layers != m->n_layers ||
	    strcmp(again->config.digest.text, m->config.digest.text) != 0)
		abort();
	return 0;
}
