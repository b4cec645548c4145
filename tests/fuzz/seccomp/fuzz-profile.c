/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile as a client sends it, on its whole way to a filter. */
#include <linux/filter.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "daemon/spec/seccomp.h"
#include "seccomp/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted compiles, always to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(buf_reset) struct buf text = BUF_INIT, filter = BUF_INIT;
	cleanup_json json_t *profile = NULL;
	struct err err;

	if (buf_add(&text, data, size) < 0 ||
	    seccomp_profile(text.len ? text.data : "", UINT64_MAX >> 23, &profile, &err) < 0)
		return 0;
	if (profile_compile(profile, &filter, &err) < 0 ||
	    filter.len % sizeof(struct sock_filter) != 0)
		abort();
	return 0;
}
