/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "daemon/http/pattern.h"

/* Shared by the compiler and the matcher of patterns; see pattern.c. */

#define ENDLESS UINT32_MAX

enum op { OP_BYTE, OP_SPLIT, OP_JUMP, OP_BEGIN, OP_END };

struct set {
	uint8_t bits[32];
};

struct step {
	enum op op;
	int to; /* OP_SPLIT, OP_JUMP: relative; OP_SPLIT also goes to the next step */
	struct set set;
};

/* The steps that can be reached at one byte of a text. */
struct front {
	uint16_t list[PATTERN_MAX_STEPS + 1];
	size_t n;
	bool in[PATTERN_MAX_STEPS + 1];
};

struct pattern {
	struct step steps[PATTERN_MAX_STEPS];
	size_t n; /* step n is the end */
	bool any; /* false: nothing was added, so nothing fits */
	struct front fronts[2];
};

static inline bool set_has(const struct set *s, unsigned char c)
{
	return s->bits[c / 8] & (1u << (c % 8));
}
