/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/setup.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "link/clock.h"
#include "link/setup.h"

#define ENTROPY_BYTES 64

/* Most containers have none. */
static int send_options(struct link_conn *link, const struct oci_options *options)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r;

	if (oci_options_is_empty(options))
		return 0;
	r = oci_options_put(&payload, options);
	return r < 0 ? r : link_send(link, LINK_OPTIONS, 0, 0, payload.data, payload.len);
}

int setup_send(struct link_conn *link, const struct oci_runtime *rt)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	unsigned char entropy[ENTROPY_BYTES];
	struct link_setup setup = {
		.clock_nsec = clock_now_nsec(),
		.entropy = { entropy, sizeof(entropy) },
		.hostname = rt->hostname,
		.root_readonly = rt->rootfs_readonly,
		.memory_bytes = rt->memory_bytes > 0 ? (uint64_t)rt->memory_bytes : 0,
		.cpu_quota_usec = rt->cpu_quota_usec,
		.cpu_period_usec = rt->cpu_period_usec,
		.pids_max = rt->pids_max,
		.masked_paths = rt->masked_paths,
		.readonly_paths = rt->readonly_paths,
	};
	int r = random_bytes(entropy, sizeof(entropy));

	if (r == 0)
		r = send_options(link, &rt->options);
	if (r == 0)
		r = link_setup_put(&payload, &setup);
	if (r == 0)
		r = link_send(link, LINK_SETUP, 0, 0, payload.data, payload.len);
	explicit_bzero(entropy, sizeof(entropy));
	return r;
}

int clock_send(struct link_conn *link, uint64_t asked_nsec)
{
	const struct link_clock clock = { asked_nsec, clock_now_nsec() };
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r = link_clock_put(&payload, &clock);

	return r < 0 ? r : link_send(link, LINK_CLOCK, 0, 0, payload.data, payload.len);
}
