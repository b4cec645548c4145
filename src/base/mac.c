/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mac.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int mac_parse(const char *text, uint8_t *ret)
{
	uint8_t mac[MAC_BYTES], any = 0;

	if (strlen(text) != MAC_TEXT_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < MAC_BYTES; i++) {
		int high = hex_value(text[3 * i]), low = hex_value(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < MAC_BYTES - 1 && text[3 * i + 2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
		any |= mac[i];
	}
	if (any == 0 || mac[0] & 1)
		return -EINVAL;
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

void mac_format(const uint8_t *mac, char ret[MAC_TEXT_MAX])
{
	snprintf(ret, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}
