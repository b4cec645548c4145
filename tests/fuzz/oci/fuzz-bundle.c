/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/bundle.h"
#include "oci/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_statement(const char *text, size_t len)
{
	static const struct digest wanted = {
		"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	struct oci_signed s;
	struct err err = { 0 };

	if (oci_statement_read(text, len, &wanted, &s, &err) == 0) {
		if (!digest_is_set(&s.manifest) || (s.has_tag && !s.identity))
			abort();
		oci_signed_reset(&s);
	} else if (!*err.msg) {
		abort();
	}
}

/* The input is a bundle, and a statement. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_bundle b;
	struct err err = { 0 };

	check_statement((const char *)data, size);
	if (oci_bundle_read((const char *)data, size, &b, &err) < 0) {
		if (!*err.msg)
			abort();
		return 0;
	}
	if (b.signature.len == 0 || b.signature.len > OCI_SIGNATURE_MAX_BYTES ||
	    b.of_statement != (b.signed_text.len > b.statement.len))
		abort();
	if (b.of_statement)
		check_statement(b.statement.data, b.statement.len);
	oci_bundle_reset(&b);
	return 0;
}
