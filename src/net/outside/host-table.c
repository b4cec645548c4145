/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/host-table.h"

#include <string.h>

int host_table_write(struct host_table *t, const struct host_rules *rules, nft_done_fn fn,
		     void *arg)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = 0;

	if (t->there && t->number != rules->number)
		r = host_rules_remove(&text, t->number);
	if (r == 0)
		r = host_rules_write(&text, rules);
	if (r == 0)
		r = nft_change(t->nft, text.data, fn, arg);
	if (r < 0)
		return r;
	t->there = true;
	t->number = rules->number;
	return 0;
}

int host_table_remove(struct host_table *t, nft_done_fn fn, void *arg)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = t->there ? host_rules_remove(&text, t->number) : 0;

	if (r == 0)
		r = nft_change(t->nft, text.data ? text.data : "", fn, arg);
	t->there = false;
	return r;
}

static void table_listed(int result, const char *text, size_t len, void *arg)
{
	struct host_table *t = arg;
	struct err err = { 0 };

	if (result < 0)
		err_set(&err, result, "nft: %s", strerror(-result));
	else
		result = host_tables_have(text, len, t->number, &err);
	t->found(result, err.msg, t->found_arg);
}

int host_table_find(struct host_table *t, host_table_found_fn fn, void *arg)
{
	t->found = fn;
	t->found_arg = arg;
	return nft_list(t->nft, "tables", table_listed, t);
}
