/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "daemon/api/api.h"

/* A request docker knows and moat does not serve: better said than "page not found". */
static int not_yet(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rp;
	return err_set(err, -ENOSYS, "moat does not serve %s %s yet", rq->method, rq->path);
}

/* The first that fits is taken. */
const struct route api_routes[] = {
	{ "HEAD", "/_ping", api_ping },
	{ "GET", "/_ping", api_ping },
	{ "GET", "/version", api_version },
	{ "GET", "/info", api_info },
	{ "GET", "/events", api_events },

	{ "GET", "/images/json", api_image_list },
	{ "POST", "/images/create", api_image_create, ROUTE_UPLOAD },
	{ "POST", "/images/load", api_image_load, ROUTE_UPLOAD },
	{ "GET", "/images/{*}/json", api_image_inspect },
	{ "GET", "/images/{*}/history", api_image_history },
	{ "POST", "/images/{*}/tag", api_image_tag },
	{ "POST", "/images/{*}/push", not_yet },
	{ "POST", "/images/prune", not_yet },
	{ "GET", "/images/search", not_yet },
	{ "GET", "/images/get", not_yet },
	{ "GET", "/images/{*}/get", not_yet },
	{ "DELETE", "/images/{*}", api_image_remove },

	{ "GET", "/containers/json", api_container_list },
	{ "POST", "/containers/create", api_container_create },
	{ "POST", "/containers/prune", api_container_prune },
	{ "GET", "/containers/{}/json", api_container_inspect },
	{ "POST", "/containers/{}/start", api_container_start },
	{ "POST", "/containers/{}/stop", api_container_stop },
	{ "POST", "/containers/{}/kill", api_container_kill },
	{ "POST", "/containers/{}/restart", api_container_restart },
	{ "POST", "/containers/{}/rename", api_container_rename },
	{ "POST", "/containers/{}/resize", api_container_resize },
	{ "POST", "/containers/{}/wait", api_container_wait },
	{ "POST", "/containers/{}/attach", api_container_attach },
	{ "GET", "/containers/{}/logs", api_container_logs },
	{ "POST", "/containers/{}/exec", api_exec_create },
	{ "DELETE", "/containers/{}", api_container_remove },
	{ "GET", "/containers/{*}", not_yet },
	{ "HEAD", "/containers/{*}", not_yet },
	{ "PUT", "/containers/{*}", not_yet },
	{ "POST", "/containers/{*}", not_yet },

	{ "POST", "/exec/{}/start", api_exec_start },
	{ "POST", "/exec/{}/resize", api_exec_resize },
	{ "GET", "/exec/{}/json", api_exec_inspect },

	{ "GET", "/networks", api_network_list },
	{ "GET", "/networks/{}", api_network_inspect },
	{ "POST", "/networks/{*}", not_yet },
	{ "DELETE", "/networks/{*}", not_yet },
	{ "GET", "/volumes", api_volume_list },
	{ "GET", "/volumes/{}", api_volume_inspect },
	{ "POST", "/volumes/{*}", not_yet },
	{ "DELETE", "/volumes/{*}", not_yet },

	{ "POST", "/auth", not_yet },
	{ "POST", "/build", not_yet },
	{ "POST", "/build/{*}", not_yet },
	{ "POST", "/commit", not_yet },
	{ "POST", "/session", not_yet },
	{ "POST", "/grpc", not_yet },
	{ "GET", "/system/df", not_yet },
	{ "GET", "/distribution/{*}", not_yet },
	{ "GET", "/swarm", not_yet },
	{ "GET", "/plugins", not_yet },
	{ "GET", "/nodes", not_yet },
	{ "GET", "/services", not_yet },
	{ "GET", "/tasks", not_yet },
	{ "GET", "/secrets", not_yet },
	{ "GET", "/configs", not_yet },

	{ "GET", "/moat/info", api_moat_info },
	{ "GET", "/moat/kernel", api_moat_kernel },
	{ "POST", "/moat/kernel", api_moat_kernel_set },
	{ "GET", "/moat/containers/{}/boot-log", api_moat_boot_log },
	{ "GET", "/moat/logs", api_moat_logs },
	{ "POST", "/moat/stop", api_moat_stop },
	{ NULL },
};
