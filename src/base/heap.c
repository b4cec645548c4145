/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moatd and moat-shim overwrite memory before they free it.  Passwords pass through moatd on their
 * way to a registry, in buffers of the HTTP server, of the HTTP client and of OpenSSL, and secrets
 * through the shim into the guest; freed memory keeps none of them, for a core dump or a flaw to
 * bring out.
 *
 * These two functions replace the C library's for the whole program.
 */
#include <malloc.h>
#include <string.h>

void __libc_free(void *p);
void *__libc_realloc(void *p, size_t size);

void free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	__libc_free(p);
}

void *realloc(void *p, size_t size)
{
	size_t have = p ? malloc_usable_size(p) : 0;
	void *other;

	if (!p || !size)
		return __libc_realloc(p, size);
	/* The block stays in place, unless most of it would be unused. */
	if (size <= have && size >= have / 2)
		return p;
	other = malloc(size);
	if (!other)
		return NULL;
	memcpy(other, p, size < have ? size : have);
	free(p);
	return other;
}
