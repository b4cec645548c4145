/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/table.h"

#include <string.h>

#include "base/str.h"

const struct command *command_next(const struct command *cmd)
{
	if (!cmd)
		return command_groups[0].commands;
	if (cmd[1].name)
		return cmd + 1;
	for (const struct command_group *g = command_groups; g[1].name; g++) {
		const struct command *last = g->commands;

		while (last[1].name)
			last++;
		if (last == cmd)
			return g[1].commands;
	}
	return NULL;
}

/* How many words of @words the name consists of; 0 when they differ. */
static size_t match_words(const char *name, char *const *words)
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

static const struct command *find_words(char *const *words, size_t *ret_n)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		*ret_n = match_words(c->name, words);
		if (*ret_n > 0)
			return c;
	}
	for (const struct command_alias *a = command_aliases; a->name; a++) {
		*ret_n = match_words(a->name, words);
		if (*ret_n > 0)
			return find_name(a->command);
	}
	return NULL;
}

bool command_in_group(const struct command *cmd, const struct command_group *group)
{
	for (const struct command *c = group->commands; c->name; c++)
		if (c == cmd)
			return true;
	return false;
}

const struct command *command_find(char *const *words, size_t *ret_n)
{
	const struct command *found = find_words(words, ret_n);

	for (const struct command_group *g = command_groups; !found && g->name; g++) {
		if (!words[0] || !words[1] || !streq(words[0], g->name) || streq(words[1], g->name))
			continue;
		found = find_words(words + 1, ret_n);
		*ret_n += 1;
		if (found && !command_in_group(found, g))
			found = NULL;
	}
	return found;
}

bool command_is_group(const char *word)
{
	size_t n = strlen(word);

	for (const struct command_group *g = command_groups; g->name; g++)
		if (streq(g->name, word))
			return true;
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ')
			return true;
	return false;
}
