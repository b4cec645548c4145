/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* os/architecture[/variant] in Go's words: linux/amd64, linux/arm64/v8 (image-spec, image-index.md
 * "platform"). */
struct platform {
	char os[16];
	char arch[16];
	char variant[16]; /* may be empty */
};

/** platform_host() - get linux and the CPU this program was built for */
struct platform platform_host(void);

/** platform_normalize() - replace people's and uname(2)'s names of an OS and a CPU by Go's words */
void platform_normalize(struct platform *p);

/** platform_complete() - fill in from @other what @p does not say */
void platform_complete(struct platform *p, const struct platform *other);

/** platform_parse() - read "linux/amd64", "arm64", "linux/arm64/v8"; x86_64 and aarch64 are
 * understood.  Return: 0; -EINVAL with a message. */
int platform_parse(const char *text, struct platform *ret, struct err *err);

/** platform_matches() - can an image for @have run where @want is asked for?  An empty variant
 * matches any. */
bool platform_matches(const struct platform *have, const struct platform *want);

/** platform_format() - write "os/arch[/variant]" into @ret, 64 bytes */
void platform_format(const struct platform *p, char ret[64]);
