/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/plan.h"

/*
 * A template on the disk: a folder with "state", "memory" and, written last, "template.json".
 */

#define TEMPLATE_INFO_FILE   "template.json"
#define TEMPLATE_STATE_FILE  "state"
#define TEMPLATE_MEMORY_FILE "memory"

struct template_info {
	char key[TEMPLATE_KEY_LEN + 1];
	char kernel[65];
	char engine[32];
	int64_t cpus;
	int64_t memory_bytes;
	int64_t created_nsec;
	char memory_sha256[65];
	char state_sha256[65];
};

/** template_info_parse() - parse template.json.  Return: 0; -EBADMSG with a message. */
int template_info_parse(const char *text, size_t len, struct template_info *ret, struct err *err);

/** template_info_load() - template.json of a folder.  Return: 0; -ENOENT; -EBADMSG with a message;
 * -errno. */
int template_info_load(int dir_fd, struct template_info *ret, struct err *err);

/**
 * template_pages_copy() - copy the pages of memory that are not zero
 * @from, @to: files; @to is empty and as long as @from
 * @ret_hex:   digest of those pages and of where they stand
 *
 * Return: 0; -errno.
 */
int template_pages_copy(int from, int to, char ret_hex[65]);

/**
 * template_save() - write memory and template.json beside the state, durably
 * @memory_fd: sealed
 *
 * Return: 0; -errno with a message.
 */
int template_save(int dir_fd, int memory_fd, const char *key, const struct machine_plan *plan,
		  struct err *err);

/**
 * template_load() - check a whole template, and load its memory
 * @key:           the kind of machine it must be for
 * @ret_memory_fd: a sealed memfd, owned by the caller
 *
 * Return: 0; -EBADMSG with a message where it is damaged, or another's; -errno with a message.
 */
int template_load(int dir_fd, const char *key, int *ret_memory_fd, struct err *err);

/** template_seal() - make a memfd unwritable for everybody.  Return: 0; -EBUSY while it is mapped
 * for writing; -errno. */
int template_seal(int memory_fd);
