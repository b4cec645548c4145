/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/machine/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define ENTROPY_MAX 512 /* bytes; more is no use to the kernel */

static int set_clock(int64_t nsec, struct err *err)
{
	struct timespec ts = {
		.tv_sec = (time_t)(nsec / (int64_t)NSEC_PER_SEC),
		.tv_nsec = (long)(nsec % (int64_t)NSEC_PER_SEC),
	};

	return clock_settime(CLOCK_REALTIME, &ts) < 0 ? err_errno(err, -errno, "set the clock") : 0;
}

/* Two machines restored from one snapshot have the same generator until it is seeded anew. */
static int add_entropy(struct wire_view entropy, struct err *err)
{
	union {
		struct rand_pool_info head;
		unsigned char bytes[sizeof(struct rand_pool_info) + ENTROPY_MAX];
	} pool = { 0 };
	size_t len = entropy.len < ENTROPY_MAX ? entropy.len : ENTROPY_MAX;
	cleanup_close int fd = -1;
	int r = 0;

	if (len == 0)
		return 0;
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	pool.head.entropy_count = (int)len * 8;
	pool.head.buf_size = (int)len;
	memcpy(pool.bytes + sizeof(pool.head), entropy.data, len);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		r = -errno;
	explicit_bzero(&pool, sizeof(pool));
	return r < 0 ? err_errno(err, r, "seed the random number generator") : 0;
}

int apply_machine(const struct link_machine *m, struct err *err)
{
	int r = set_clock(m->clock_nsec, err);

	return r == 0 ? add_entropy(m->entropy, err) : r;
}
