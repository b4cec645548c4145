/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/stored.h"

void stored_reset(struct stored *s)
{
	json_decref(s->config);
	json_decref(s->host);
	oci_runtime_free(s->rt);
	*s = (struct stored){ 0 };
}

int stored_parse(const struct texts *texts, struct stored *ret, struct err *err)
{
	cleanup(stored_reset) struct stored s = { 0 };
	int r = json_read(texts->config, strlen(texts->config), "stored Config", &s.config, err);

	if (r == 0)
		r = json_read(texts->host_config, strlen(texts->host_config), "stored HostConfig",
			      &s.host, err);
	if (r == 0)
		r = oci_runtime_parse(texts->spec, strlen(texts->spec), &s.rt, err);
	if (r < 0)
		return r;
	*ret = take_struct(s);
	return 0;
}

int stored_read(struct state *st, const char *id, struct stored *ret, struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	int r = state_texts(st, id, &texts, err);

	return r == 0 ? stored_parse(&texts, ret, err) : r;
}
