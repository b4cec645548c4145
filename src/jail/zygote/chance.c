/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a guest is told that asks its processor for a random number (RDRAND,
 * RDSEED) QEMU has from a generator of GnuTLS's or libgcrypt's, whose state is in memory: two
 * machines that were forked of one zygote would be told the same.  These libraries look out for
 * fork(2), which is not what a zygote is forked by, and for another process id, which all that was
 * forked has in common.  So their calls are answered here, by the kernel's generator.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Names and types are those of the libraries. */
int gnutls_rnd(int level, void *data, size_t len);
void gcry_randomize(void *data, size_t len, int level);

/* A number that is not one cannot be told from one, so there is no way to go on without. */
static void fill_by_chance(unsigned char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

int gnutls_rnd(int level, void *data, size_t len)
{
	(void)level;
	fill_by_chance(data, len);
	return 0;
}

void gcry_randomize(void *data, size_t len, int level)
{
	(void)level;
	fill_by_chance(data, len);
}
