/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/hex.h"

int random_bytes(void *data, size_t len)
{
	unsigned char *p = data;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int random_id(char ret[ID_LEN + 1])
{
	unsigned char raw[ID_LEN / 2];
	int r = random_bytes(raw, sizeof(raw));

	if (r == 0)
		hex_encode(raw, sizeof(raw), ret);
	return r;
}
