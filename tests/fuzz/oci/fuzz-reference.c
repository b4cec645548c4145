/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oci/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The familiar form of what is accepted is accepted, and means the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_reference struct reference *r = NULL, *again = NULL;
	cleanup_free char *text = strndup((const char *)data, size);
	cleanup_free char *full = NULL, *familiar = NULL, *full_again = NULL;
	struct err err;

	if (!text || reference_parse(text, &r, &err) < 0)
		return 0;
	full = reference_full(r);
	familiar = reference_familiar(r);
	if (!full || !familiar || reference_parse(familiar, &again, &err) < 0)
		abort();
	full_again = reference_full(again);
	if (!full_again || strcmp(full, full_again) != 0)
		abort();
	return 0;
}
