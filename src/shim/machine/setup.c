/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/setup.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "link/clock.h"
#include "link/setup.h"

#define ENTROPY_BYTES 64

int machine_send(struct link_conn *link)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	unsigned char entropy[ENTROPY_BYTES];
	const struct link_machine machine = {
		.clock_nsec = clock_now_nsec(),
		.entropy = { entropy, sizeof(entropy) },
	};
	int r = random_bytes(entropy, sizeof(entropy));

	if (r == 0)
		r = link_machine_put(&payload, &machine);
	if (r == 0)
		r = link_send(link, (struct link_header){ .type = LINK_MACHINE }, payload.data,
			      payload.len);
	explicit_bzero(entropy, sizeof(entropy));
	return r;
}

int container_send(struct link_conn *link, uint16_t number, unsigned slot,
		   const struct oci_runtime *rt)
{
	const struct link_header h = { .type = LINK_CONTAINER, .container = number };
	cleanup(buf_reset) struct buf payload = BUF_INIT, options = BUF_INIT;
	struct link_container container = {
		.slot = (uint8_t)slot,
		.hostname = rt->hostname,
		.root_readonly = rt->rootfs_readonly,
		.memory_bytes = rt->memory_bytes > 0 ? (uint64_t)rt->memory_bytes : 0,
		.cpu_quota_usec = rt->cpu_quota_usec,
		.cpu_period_usec = rt->cpu_period_usec,
		.pids_max = rt->pids_max,
		.masked_paths = rt->masked_paths,
		.readonly_paths = rt->readonly_paths,
	};
	int r = 0;

	if (!oci_options_is_empty(&rt->options)) /* most have none */
		r = oci_options_put(&options, &rt->options);
	container.options = (struct wire_view){ (const unsigned char *)options.data, options.len };
	if (r == 0)
		r = link_container_put(&payload, &container);
	return r < 0 ? r : link_send(link, h, payload.data, payload.len);
}

int clock_send(struct link_conn *link, uint64_t asked_nsec)
{
	const struct link_clock clock = { asked_nsec, clock_now_nsec() };
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r = link_clock_put(&payload, &clock);

	return r < 0 ? r
		     : link_send(link, (struct link_header){ .type = LINK_CLOCK }, payload.data,
				 payload.len);
}
