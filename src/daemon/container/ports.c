/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/ports.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "daemon/network/ports.h"

static int read_plan(struct container *c, struct port_plan *ret, struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_json json_t *config = NULL, *host = NULL;
	int r = state_texts(c->table->state, c->rec.id, &texts, err);

	if (r == 0)
		r = json_read(texts.config, strlen(texts.config), "stored Config", &config, err);
	if (r == 0)
		r = json_read(texts.host_config, strlen(texts.host_config), "stored HostConfig",
			      &host, err);
	return r == 0 ? port_plan_read(config, host, ret, err) : r;
}

int container_ports_bind(struct container *c, struct err *err)
{
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	int r = read_plan(c, &plan, err);

	return r == 0 ? ports_bind(c->table->networks, c->rec.id, &plan, err) : r;
}

void container_ports_found(struct container *c)
{
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	struct err err = { 0 };
	int r = read_plan(c, &plan, &err);

	if (r == 0 && ports_found(c->table->networks, c->rec.id, &plan) < 0)
		r = err_nomem(&err);
	if (r < 0)
		log_error("container %.12s runs without its ports: %s", c->rec.id, err.msg);
}
