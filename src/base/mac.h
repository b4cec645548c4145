/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* MAC addresses of Ethernet. */

#define MAC_BYTES    6
#define MAC_TEXT_MAX 18 /* "02:42:0a:01:02:03" and its end */

/** mac_parse() - read the address of one device: neither a group's nor all zeros.  @ret: MAC_BYTES;
 * untouched on failure.  Return: 0; -EINVAL. */
int mac_parse(const char *text, uint8_t *ret);

/** mac_format() - as text, with lower-case digits */
void mac_format(const uint8_t *mac, char ret[MAC_TEXT_MAX]);
