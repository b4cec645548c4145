/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <string.h>

#include "base/macro.h"
#include "base/str.h"

static const struct command *const groups[] = { container_commands, image_commands,
						system_commands };

const struct command *command_next(const struct command *cmd)
{
	if (!cmd)
		return groups[0];
	if (cmd[1].name)
		return cmd + 1;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(groups); i++) {
		const struct command *last = groups[i];

		while (last[1].name)
			last++;
		if (last == cmd)
			return groups[i + 1];
	}
	return NULL;
}

/* How many of @words the words of @name are; 0 when they differ. */
static size_t match(const char *name, char *const *words)
{
	size_t n = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (!words[n] || strlen(words[n]) != len || strncmp(words[n], name, len) != 0)
			return 0;
		n++;
		name += len;
		name += strspn(name, " ");
	}
	return n;
}

static const struct command *find_name(const char *name)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		if (streq(c->name, name))
			return c;
	return NULL;
}

const struct command *command_find(char *const *words, size_t *ret_n)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		*ret_n = match(c->name, words);
		if (*ret_n > 0)
			return c;
	}
	for (const struct command_alias *a = command_aliases; a->name; a++) {
		*ret_n = match(a->name, words);
		if (*ret_n > 0)
			return find_name(a->command);
	}
	return NULL;
}

bool command_is_group(const char *word)
{
	size_t n = strlen(word);

	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ')
			return true;
	return false;
}
