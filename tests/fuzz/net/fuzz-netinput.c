/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moat-net reads that others wrote, as the first byte chooses: packets of containers, lines of
 * dnsmasq's, the host's resolv.conf, what nft lists.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "net/inside/names-log.h"
#include "net/inside/packet.h"
#include "net/outside/firewall.h"
#include "net/outside/host-rules.h"
#include "net/outside/resolv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_packet(const uint8_t *data, size_t size)
{
	struct packet p;

	if (packet_parse(data, size, &p) == 0 && (ip_is_none(&p.from) || ip_is_none(&p.to)))
		abort();
}

static void check_line(const uint8_t *data, size_t size)
{
	cleanup_free char *line = strndup((const char *)data, size);
	struct names_refused refused;

	if (line && names_log_parse(line, &refused) &&
	    (!net_name_ok(refused.name) || ip_is_none(&refused.from)))
		abort();
}

static void check_resolv(const uint8_t *data, size_t size)
{
	struct wire_resolver list[WIRE_RESOLVERS_MAX];
	uint32_t n = resolv_parse((const char *)data, size, list);

	if (n == 0 || n > WIRE_RESOLVERS_MAX)
		abort();
	for (uint32_t i = 0; i < n; i++)
		if (ip_is_none(&list[i].ip))
			abort();
}

static void check_listing(const uint8_t *data, size_t size)
{
	struct opened opened;
	unsigned *numbers;
	size_t n;

	struct firewall_chain *chains;

	if (firewall_chains((const char *)data, size, &chains, &n, NULL) == 0) {
		if (n > 0)
			firewall_blocks((const char *)data, size, &chains[0], "moat0", NULL);
		free(chains);
	}
	if (host_rules_read((const char *)data, size, &opened, NULL) == 0)
		opened_reset(&opened);
	if (host_tables_read((const char *)data, size, &numbers, &n, NULL) == 0)
		free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'p':
		check_packet(data + 1, size - 1);
		break;
	case 'l':
		check_line(data + 1, size - 1);
		break;
	case 'r':
		check_resolv(data + 1, size - 1);
		break;
	default:
		check_listing(data + 1, size - 1);
	}
	return 0;
}
