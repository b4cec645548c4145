/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/networks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper-life.h"
#include "daemon/network/keeper.h"
#include "daemon/network/taps.h"

static int load_network(struct network_record *rec, void *arg)
{
	cleanup(network_config_reset) struct network_config config = { 0 };
	cleanup_json json_t *stored = NULL;
	struct networks *nets = arg;
	struct network **end, *n;
	struct err err = { 0 };
	int r = json_read(rec->config, strlen(rec->config), "a stored network", &stored, &err);

	if (r == 0 && !network_is_none(rec))
		r = network_config_read(stored, &config, NULL, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_error("network %s cannot be read and is left out: %s", rec->name, err.msg);
		return 0;
	}
	n = network_new(rec, &config);
	if (!n)
		return -ENOMEM;
	for (end = &nets->first; *end; end = &(*end)->next)
		;
	*end = n;
	return 0;
}

/* Adds a network whose row is missing: the data root is new, or an older moat's. */
static int add_predefined(struct networks *nets, const char *name, const char *driver,
			  struct err *err)
{
	struct network_record rec = { .created_nsec = clock_now_nsec() };
	int r;

	if (networks_find(nets, name))
		return 0;
	r = random_id(rec.id);
	if (r < 0)
		return err_errno(err, r, "a network's id");
	rec.name = strdup(name);
	rec.driver = strdup(driver);
	rec.config = strdup("{}");
	r = rec.name && rec.driver && rec.config ? state_add_network(nets->state, &rec, err)
						 : err_nomem(err);
	if (r == 0 && load_network(&rec, nets) < 0)
		r = err_nomem(err);
	network_record_reset(&rec);
	return r;
}

/* Chooses the default network's subnet if that is possible now, so that it is shown.  One that was
 * chosen before stays until a start looks again: who runs on it is not known yet. */
static void settle_default(struct networks *nets)
{
	struct network *n = networks_find(nets, NETWORK_DEFAULT);
	struct err err = { 0 };

	if (n && ip_is_none(&n->config.subnets[FAMILY_4].net.ip) &&
	    network_settle(nets, n, &err) < 0)
		log_warning("network %s: %s", n->rec.name, err.msg);
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

static int open_parts(struct networks *nets, int root_fd, struct err *err)
{
	int r = state_each_network(nets->state, load_network, nets, err);

	if (r == 0)
		r = add_predefined(nets, NETWORK_DEFAULT, "bridge", err);
	if (r == 0)
		r = add_predefined(nets, NETWORK_NONE, "null", err);
	if (r == 0)
		r = state_each_endpoint(nets->state, member_load_endpoint, nets, err);
	if (r < 0)
		return r;
	settle_default(nets);
	return keeper_open(nets, root_fd, &nets->keeper, err);
}

int networks_open(const char *root, int root_fd, struct state *state, struct hub *hub,
		  struct networks **ret, struct err *err)
{
	struct networks *nets = calloc(1, sizeof(*nets));
	int r;

	if (!nets)
		return err_nomem(err);
	pthread_mutex_init(&nets->lock, NULL);
	pthread_mutex_init(&nets->changing, NULL);
	pthread_cond_init(&nets->settled, NULL);
	pthread_mutex_init(&nets->taking, NULL);
	nets->state = state;
	nets->hub = hub;
	nets->seed = hash_text(root);
	nets->root = strdup(root);
	r = nets->root ? open_parts(nets, root_fd, err) : err_nomem(err);
	if (r < 0) {
		networks_close(nets);
		return r;
	}
	*ret = nets;
	return 0;
}

char *networks_warning(struct networks *nets, bool new)
{
	char *text = NULL;

	mutex_hold(&nets->lock);
	if (*nets->warning && !(new && nets->warned)) {
		text = strdup(nets->warning);
		nets->warned = nets->warned || new;
	}
	return text;
}

void networks_leave(struct networks *nets)
{
	keeper_shutdown(nets->keeper);
}

static void *run_settling(void *arg)
{
	struct networks *nets = arg;

	taps_settle(nets);
	keeper_settle(nets->keeper);
	mutex_hold(&nets->lock);
	nets->settling = false;
	pthread_cond_broadcast(&nets->settled);
	return NULL;
}

void networks_use_settings(struct networks *nets, struct settings_file *file)
{
	nets->settings = file;
}

void networks_recovered(struct networks *nets)
{
	pthread_mutex_lock(&nets->lock);
	nets->settling = true;
	pthread_mutex_unlock(&nets->lock);
	if (thread_start(NULL, run_settling, nets) < 0)
		(void)run_settling(nets);
}

static void await_settled(struct networks *nets)
{
	mutex_hold(&nets->lock);
	while (nets->settling)
		pthread_cond_wait(&nets->settled, &nets->lock);
}

void networks_close(struct networks *nets)
{
	if (!nets)
		return;
	await_settled(nets);
	keeper_close(nets->keeper);
	while (nets->first) {
		struct network *n = nets->first;

		nets->first = n->next;
		network_free(n);
	}
	while (nets->members) {
		struct member *m = nets->members;

		nets->members = m->next;
		member_free(m);
	}
	strv_free(nets->own_taps);
	pthread_mutex_destroy(&nets->taking);
	pthread_cond_destroy(&nets->settled);
	pthread_mutex_destroy(&nets->changing);
	pthread_mutex_destroy(&nets->lock);
	free(nets->root);
	free(nets);
}
