/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Elements of nftables sets and maps, given to the kernel without nft: a start adds four, and
 * running nft for them would cost more than the rest of its network.
 */

struct elements;

/** elements_new() - open a socket to the kernel.  @ret: owned, elements_free().
 * Return: 0; -errno. */
int elements_new(struct elements **ret);
void elements_free(struct elements *e);

/**
 * elements_change() - carry out a text for nft, as one transaction
 * @text: lines "add element FAMILY TABLE SET { KEY . KEY timeout Ns : DATA . DATA }", of which
 *        time and data may be missing, "delete element FAMILY TABLE SET { KEY . KEY }", and
 *        "flush set FAMILY TABLE SET"
 *
 * Return: 0; -EOPNOTSUPP where there is anything else in it; -ENOBUFS where it is too long; -errno
 * of the kernel.  Nothing was done then, and nft may be asked instead.
 */
int elements_change(struct elements *e, const char *text);

#define ELEMENT_NAME_MAX  31
#define ELEMENT_VALUE_MAX 64

enum element_verb { ELEMENT_ADD, ELEMENT_DELETE, ELEMENT_FLUSH };

/* As the kernel keeps it. */
struct element_value {
	uint8_t bytes[ELEMENT_VALUE_MAX];
	size_t len;
};

/* One line of such a text. */
struct element {
	enum element_verb verb;
	uint8_t family; /* NFPROTO_INET and the like */
	char table[ELEMENT_NAME_MAX + 1], set[ELEMENT_NAME_MAX + 1];
	struct element_value key, data; /* data of no length: there is none */
	uint64_t timeout_msec;		/* 0: for ever */
};

/** element_parse() - read a line.  @line: NUL-terminated, without its end.  Return: 0; -EOPNOTSUPP,
 * @ret undefined.  Pure. */
int element_parse(const char *line, struct element *ret);
