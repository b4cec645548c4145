/* SPDX-License-Identifier: Apache-2.0 */
/* A network as JSON, or in a message where the first byte is no brace; what is read is written the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "oci/network-json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_equal(const struct oci_network *a, const struct oci_network *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (!oci_interface_is_equal(&a->interfaces[i], &b->interfaces[i]))
			return false;
	return a->n == b->n;
}

/* What the host has found to be good reaches the guest. */
static void try_json(const char *text, size_t len)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL, *written = NULL;
	struct wire_view v;
	struct err err;

	if (json_read(text, len, "network", &obj, &err) < 0 ||
	    oci_network_read(obj, &n, &err) < 0) {
		if (strlen(err.msg) >= ERR_MSG_MAX)
			abort();
		return;
	}
	if (oci_network_put(&b, &n) < 0)
		abort();
	v = (struct wire_view){ (const unsigned char *)b.data, b.len };
	if (oci_network_get(&v, &got) < 0 || v.len > 0 || !is_equal(&n, &got))
		abort();
	written = oci_network_write(&n);
	oci_network_reset(&got);
	if (!written || oci_network_read(written, &got, NULL) < 0 || !is_equal(&n, &got))
		abort();
}

static void try_message(const uint8_t *data, size_t size)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct wire_view v = { data, size };

	if (oci_network_get(&v, &n) < 0)
		return;
	if (n.n > OCI_INTERFACES_MAX || oci_network_put(&b, &n) < 0 || b.len != size - v.len ||
	    memcmp(b.data, data, b.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == '{')
		try_json((const char *)data, size);
	else
		try_message(data, size);
	return 0;
}
