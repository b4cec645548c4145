/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "daemon/api/api.h"

/* A request that docker knows and moat does not serve gets a clearer answer than "page not found".
 */
static int not_yet(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rp;
	return err_set(err, -ENOSYS, "moat does not serve %s %s yet", rq->method, rq->path);
}

/* Answers as docker does outside a swarm, which clients know. */
static int no_swarm(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	(void)rp;
	return err_set(err, -ENONET,
		       "This node is not a swarm manager. Use \"docker swarm init\" or "
		       "\"docker swarm join\" to connect this node to swarm and try again.");
}

#define OF_SWARM(path)                                                                             \
	{ "GET", path, no_swarm }, { "GET", path "/{*}", no_swarm },                               \
		{ "POST", path "/{*}", no_swarm },                                                 \
	{                                                                                          \
		"DELETE", path "/{*}", no_swarm                                                    \
	}

/* The first route that fits is taken. */
const struct route api_routes[] = {
	{ "HEAD", "/_ping", api_ping },
	{ "GET", "/_ping", api_ping },
	{ "GET", "/version", api_version },
	{ "GET", "/info", api_info },
	{ "GET", "/events", api_events, ROUTE_STAYS },

	{ "GET", "/images/json", api_image_list },
	{ "POST", "/images/create", api_image_create, ROUTE_UPLOAD },
	{ "POST", "/images/load", api_image_load, ROUTE_UPLOAD },
	{ "GET", "/images/{*}/json", api_image_inspect },
	{ "GET", "/images/{*}/history", api_image_history },
	{ "POST", "/images/{*}/tag", api_image_tag },
	{ "POST", "/images/{*}/push", api_image_push },
	{ "POST", "/images/prune", api_image_prune },
	{ "GET", "/images/search", api_image_search },
	{ "GET", "/images/get", api_images_save },
	{ "GET", "/images/{*}/get", api_image_save },
	{ "DELETE", "/images/{*}", api_image_remove },

	{ "GET", "/containers/json", api_container_list },
	{ "POST", "/containers/create", api_container_create },
	{ "POST", "/containers/prune", api_container_prune },
	{ "GET", "/containers/{*}/json", api_container_inspect },
	{ "POST", "/containers/{*}/start", api_container_start },
	{ "POST", "/containers/{*}/stop", api_container_stop },
	{ "POST", "/containers/{*}/kill", api_container_kill },
	{ "POST", "/containers/{*}/pause", api_container_pause },
	{ "POST", "/containers/{*}/unpause", api_container_unpause },
	{ "POST", "/containers/{*}/restart", api_container_restart },
	{ "POST", "/containers/{*}/update", api_container_update },
	{ "POST", "/containers/{*}/rename", api_container_rename },
	{ "POST", "/containers/{*}/resize", api_container_resize },
	{ "POST", "/containers/{*}/wait", api_container_wait, ROUTE_STAYS },
	{ "POST", "/containers/{*}/attach", api_container_attach, ROUTE_STAYS },
	{ "GET", "/containers/{*}/top", api_container_top },
	{ "GET", "/containers/{*}/stats", api_container_stats, ROUTE_STAYS },
	{ "GET", "/containers/{*}/logs", api_container_logs, ROUTE_STAYS },
	{ "POST", "/containers/{*}/exec", api_exec_create },
	{ "HEAD", "/containers/{*}/archive", api_archive_stat },
	{ "GET", "/containers/{*}/archive", api_archive_get },
	{ "PUT", "/containers/{*}/archive", api_archive_put, ROUTE_UPLOAD },
	{ "GET", "/containers/{*}/export", api_container_export },
	{ "GET", "/containers/{*}/changes", api_container_changes },
	{ "DELETE", "/containers/{*}", api_container_remove },
	{ "GET", "/containers/{*}", not_yet },
	{ "HEAD", "/containers/{*}", not_yet },
	{ "PUT", "/containers/{*}", not_yet },
	{ "POST", "/containers/{*}", not_yet },

	{ "POST", "/exec/{}/start", api_exec_start, ROUTE_STAYS },
	{ "POST", "/exec/{}/resize", api_exec_resize },
	{ "GET", "/exec/{}/json", api_exec_inspect },

	{ "GET", "/networks", api_network_list },
	{ "GET", "/networks/{}", api_network_inspect },
	{ "POST", "/networks/create", api_network_create },
	{ "POST", "/networks/prune", api_network_prune },
	{ "POST", "/networks/{}/connect", api_network_connect },
	{ "POST", "/networks/{}/disconnect", api_network_disconnect },
	{ "DELETE", "/networks/{}", api_network_remove },
	{ "GET", "/volumes", api_volume_list },
	{ "GET", "/volumes/{}", api_volume_inspect },
	{ "POST", "/volumes/create", api_volume_create },
	{ "POST", "/volumes/prune", api_volume_prune },
	{ "PUT", "/volumes/{*}", not_yet },
	{ "DELETE", "/volumes/{}", api_volume_remove },

	{ "GET", "/secrets", api_secrets },
	{ "POST", "/secrets/create", api_secret_create },
	{ "GET", "/secrets/{}", api_secret_inspect },
	{ "DELETE", "/secrets/{}", api_secret_remove },

	{ "POST", "/auth", api_auth },
	{ "POST", "/build", not_yet },
	{ "POST", "/build/prune", api_nothing_to_prune },
	{ "POST", "/build/{*}", not_yet },
	{ "POST", "/commit", api_commit },
	{ "POST", "/session", not_yet },
	{ "POST", "/grpc", not_yet },
	{ "GET", "/system/df", api_system_df },
	{ "GET", "/distribution/{*}/json", api_distribution },
	{ "GET", "/plugins", api_plugin_list },
	{ "POST", "/plugins/{*}", not_yet },

	{ "POST", "/swarm/init", not_yet },
	{ "POST", "/swarm/join", not_yet },
	OF_SWARM("/swarm"),
	OF_SWARM("/nodes"),
	OF_SWARM("/services"),
	OF_SWARM("/tasks"),
	OF_SWARM("/configs"),

	{ "GET", "/moat/info", api_moat_info },
	{ "POST", "/moat/images/{*}/verify", api_image_verify },
	{ "GET", "/moat/kernel", api_moat_kernel },
	{ "POST", "/moat/kernel", api_moat_kernel_set },
	{ "POST", "/moat/kernel/recommended", api_moat_kernel_recommended },
	{ "GET", "/moat/containers/{}/boot-log", api_moat_boot_log },
	{ "GET", "/moat/containers/{}/logs", api_moat_container_logs, ROUTE_STAYS },
	{ "GET", "/moat/logs", api_moat_logs, ROUTE_STAYS },
	{ "GET", "/moat/spares", api_moat_spares },
	{ "POST", "/moat/spares", api_moat_spares_set },
	{ "GET", "/moat/templates", api_moat_templates },
	{ "POST", "/moat/templates", api_moat_template_make },
	{ "DELETE", "/moat/templates/{}", api_moat_template_remove },
	{ "POST", "/moat/stop", api_moat_stop },
	{ NULL },
};
