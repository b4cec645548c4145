/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  When a guest asks its processor for a random number (RDRAND, RDSEED), QEMU
 * takes it from a generator of GnuTLS or libgcrypt, whose state is in memory: two machines forked
 * of one zygote would get the same.  These libraries notice fork(2), by which a zygote is not
 * forked, and another process id, but all forks have the same.  So their calls are answered here,
 * by the kernel's generator.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Names and types are the libraries'. */
int gnutls_rnd(int level, void *data, size_t len);
void gcry_randomize(void *data, size_t len, int level);

/* Fills with random bytes.  A failure must end the process: nobody could tell that a number is not
 * random. */
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
