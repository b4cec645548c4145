/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

/* Frames of the guest link (docs/LINK.md). Pure; payload fields are base/wire.h. */

#define LINK_VERSION	 2
#define LINK_PORT_NAME	 "moat.link"
#define LINK_HEADER_SIZE 12
#define LINK_PAYLOAD_MAX 65536u
#define LINK_MESSAGE_MAX (4u << 20)
#define LINK_WINDOW	 (256u << 10)

enum link_type {
	LINK_HELLO = 1,
	LINK_MACHINE,
	LINK_READY,
	LINK_SPAWN,
	LINK_STARTED,
	LINK_FAILED,
	LINK_EXITED,
	LINK_DATA,
	LINK_EOF,
	LINK_CREDIT,
	LINK_SIGNAL,
	LINK_RESIZE,
	LINK_SHUTDOWN,
	LINK_DOWN,
	LINK_MORE,
	LINK_STATS,
	LINK_PROCS,
	LINK_CLOCK,
	LINK_REMOVE,
	LINK_FILES,
	LINK_CONTAINER,
	LINK_LIMITS,
	LINK_OOM,
	LINK_REMOVED,
	LINK_SPACE,
	LINK_NETWORK,
	LINK_CONNECT,
	LINK_CALL,
	LINK_RECLAIM,
};

enum link_channel { LINK_STDIN, LINK_STDOUT, LINK_STDERR, LINK_CHANNELS };

struct link_header {
	uint32_t size;
	enum link_type type;
	enum link_channel channel;
	uint16_t container; /* the frame is about; 0: the machine, or the container of @stream */
	uint32_t stream;
};

/** link_header_put() - write LINK_HEADER_SIZE bytes */
void link_header_put(const struct link_header *h, unsigned char *ret);

/** link_header_get() - read and check LINK_HEADER_SIZE bytes.  Return: 0; -EBADMSG. */
int link_header_get(const unsigned char *data, struct link_header *ret);
