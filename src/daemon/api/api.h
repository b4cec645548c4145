/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "daemon/http/route.h"
#include "daemon/network/networks.h"
#include "image/image.h"
#include "secret/credentials.h"
#include "settings/file.h"

/* All that handlers of the API work on. */
struct api {
	const char *root; /* the data root, absolute */
	int root_fd;
	const char *socket;
	struct containers *containers;
	struct machines *machines;
	struct networks *networks;
	struct store *store;
	struct settings_file *settings;
	struct state *state;
	struct hub *hub;
	struct volumes *volumes;
	int64_t started_nsec;
	int quit_fd; /* eventfd that ends moatd */
};

/* The handlers of the API, by resource, and the table that says which request each serves. */

extern const struct route api_routes[];

/* system.c */
int api_ping(struct request *rq, struct reply *rp, struct err *err);
int api_version(struct request *rq, struct reply *rp, struct err *err);
int api_info(struct request *rq, struct reply *rp, struct err *err);

/* info-registry.c */
json_t *api_registry_config(const struct settings *s);
json_t *api_proxies(const struct settings *s);

/* events.c */
int api_events(struct request *rq, struct reply *rp, struct err *err);

/* images.c */
int api_image_list(struct request *rq, struct reply *rp, struct err *err);
int api_image_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_image_history(struct request *rq, struct reply *rp, struct err *err);
int api_image_tag(struct request *rq, struct reply *rp, struct err *err);
int api_image_search(struct request *rq, struct reply *rp, struct err *err);
int api_image_verify(struct request *rq, struct reply *rp, struct err *err);
int api_image_remove(struct request *rq, struct reply *rp, struct err *err);

/* image-create.c (pull and import), image-load.c */
int api_image_create(struct request *rq, struct reply *rp, struct err *err);
int api_image_push(struct request *rq, struct reply *rp, struct err *err);
int api_image_load(struct request *rq, struct reply *rp, struct err *err);

/* image-save.c */
int api_image_save(struct request *rq, struct reply *rp, struct err *err);
int api_images_save(struct request *rq, struct reply *rp, struct err *err);

/* container-list.c, container-inspect.c */
int api_container_list(struct request *rq, struct reply *rp, struct err *err);
int api_container_inspect(struct request *rq, struct reply *rp, struct err *err);

/* containers.c */
int api_container_create(struct request *rq, struct reply *rp, struct err *err);
int api_container_start(struct request *rq, struct reply *rp, struct err *err);
int api_container_stop(struct request *rq, struct reply *rp, struct err *err);
int api_container_kill(struct request *rq, struct reply *rp, struct err *err);
int api_container_pause(struct request *rq, struct reply *rp, struct err *err);
int api_container_unpause(struct request *rq, struct reply *rp, struct err *err);
int api_container_restart(struct request *rq, struct reply *rp, struct err *err);
int api_container_rename(struct request *rq, struct reply *rp, struct err *err);
int api_container_remove(struct request *rq, struct reply *rp, struct err *err);
int api_container_update(struct request *rq, struct reply *rp, struct err *err);

/* prune.c */
int api_container_prune(struct request *rq, struct reply *rp, struct err *err);
int api_image_prune(struct request *rq, struct reply *rp, struct err *err);
int api_nothing_to_prune(struct request *rq, struct reply *rp, struct err *err);

/** api_publish_pruned() - publish that objects of a type were pruned.  @freed: bytes */
void api_publish_pruned(struct api *api, const char *type, int64_t freed);

/* df.c */
int api_system_df(struct request *rq, struct reply *rp, struct err *err);

/** api_container_layer_bytes() - bytes that a container's writable layer takes on the disk */
int64_t api_container_layer_bytes(struct api *api, const struct container *c);

/** api_container_add_sizes() - add SizeRw and SizeRootFs to an item, from the disk */
void api_container_add_sizes(struct api *api, const struct container *c, json_t *item);

/** api_default_network() - the name by which a request's client knows the default network; static
 */
const char *api_default_network(const struct request *rq);

/** api_network_mode() - a NetworkMode by the name that a request's client knows; @mode or static */
const char *api_network_mode(const struct request *rq, const char *mode);

/** api_container_networks() - a container's EndpointSettings by the networks' names; owned; NULL
 * when out of memory */
json_t *api_container_networks(const struct request *rq, const struct container *c);

/** api_container_list_all() - list all containers as GET /containers/json?size=1 does.  @ret:
 * owned.  Return: 0; -ENOMEM. */
int api_container_list_all(const struct request *rq, json_t **ret, struct err *err);

/** api_take_limits() - give the image store the limits of the settings as they are now.  Return: 0;
 * as settings_file_get(). */
int api_take_limits(struct api *api, struct err *err);

/** api_read_platform() - a request's parameter "platform", in words (linux/arm64) or as the object
 * that newer clients send.  Return: 1; 0 where there is none, @ret untouched; -EINVAL with a
 * message; -ENOMEM. */
int api_read_platform(const struct request *rq, struct platform *ret, struct err *err);

/** api_image_created_nsec() - when an image was made, in nanoseconds since 1970; 0 where it does
 * not say */
int64_t api_image_created_nsec(const struct image *im);

/** api_image_describe() - describe an image as GET /images/json does; owned; NULL when out of
 * memory */
json_t *api_image_describe(const struct image *im);

/** api_image_add_sizes() - add what an image takes on the disk to its description.  @u: may be
 * NULL.  Return: 0; -1. */
int api_image_add_sizes(json_t *item, const struct image_usage *u);

/** api_image_add_manifests() - add an image's manifests to its description.  Return: 0; -ENOMEM
 * with a message. */
int api_image_add_manifests(struct api *api, json_t *item, const struct image *im, struct err *err);

/* secrets.c */
int api_secrets(struct request *rq, struct reply *rp, struct err *err);
int api_secret_create(struct request *rq, struct reply *rp, struct err *err);
int api_secret_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_secret_remove(struct request *rq, struct reply *rp, struct err *err);

/* usage.c */
int api_container_top(struct request *rq, struct reply *rp, struct err *err);
int api_container_stats(struct request *rq, struct reply *rp, struct err *err);

/* resize.c */
int api_container_resize(struct request *rq, struct reply *rp, struct err *err);
int api_exec_resize(struct request *rq, struct reply *rp, struct err *err);

/* wait.c, attach.c, logs.c */
int api_container_wait(struct request *rq, struct reply *rp, struct err *err);
int api_container_attach(struct request *rq, struct reply *rp, struct err *err);
int api_container_logs(struct request *rq, struct reply *rp, struct err *err);

/* exec.c */
int api_exec_create(struct request *rq, struct reply *rp, struct err *err);
int api_exec_start(struct request *rq, struct reply *rp, struct err *err);
int api_exec_inspect(struct request *rq, struct reply *rp, struct err *err);

/* registry.c */
int api_auth(struct request *rq, struct reply *rp, struct err *err);

/**
 * api_registry_access() - how to reach a request's registry: the query's "scheme", and the settings
 * as they are now
 * @ret_settings: owned, settings_unref(); @ret borrows it
 *
 * Return: 0; -EINVAL; as settings_file_get(); with a message.
 */
int api_registry_access(const struct request *rq, struct settings **ret_settings,
			struct registry_access *ret, struct err *err);

/** registry_auth_of() - credentials as the image library takes them.  @store: borrows of @c.
 * Return: @store; NULL: there are none. */
const struct registry_auth *registry_auth_of(const struct credentials *c,
					     struct registry_auth *store);
int api_distribution(struct request *rq, struct reply *rp, struct err *err);

/* networks.c */
int api_network_list(struct request *rq, struct reply *rp, struct err *err);
int api_network_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_network_create(struct request *rq, struct reply *rp, struct err *err);
int api_network_remove(struct request *rq, struct reply *rp, struct err *err);
int api_network_prune(struct request *rq, struct reply *rp, struct err *err);
int api_network_connect(struct request *rq, struct reply *rp, struct err *err);
int api_network_disconnect(struct request *rq, struct reply *rp, struct err *err);
int api_plugin_list(struct request *rq, struct reply *rp, struct err *err);

/* volumes.c */
int api_volume_list(struct request *rq, struct reply *rp, struct err *err);
int api_volume_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_volume_create(struct request *rq, struct reply *rp, struct err *err);
int api_volume_remove(struct request *rq, struct reply *rp, struct err *err);
int api_volume_prune(struct request *rq, struct reply *rp, struct err *err);

/** api_mounts_describe() - describe a container's mounts as docker's "Mounts"; owned; NULL when out
 * of memory */
json_t *api_mounts_describe(struct api *api, const struct container *c);

/** api_volume_list_usage() - add every volume, with size and number of users, to a list.  Return:
 * 0; -ENOMEM. */
int api_volume_list_usage(struct api *api, json_t *out);

/* archive.c: a container's files */
int api_archive_get(struct request *rq, struct reply *rp, struct err *err);
int api_archive_put(struct request *rq, struct reply *rp, struct err *err);
int api_archive_stat(struct request *rq, struct reply *rp, struct err *err);
int api_container_changes(struct request *rq, struct reply *rp, struct err *err);
int api_container_export(struct request *rq, struct reply *rp, struct err *err);

/* commit.c */

/** api_read_changes() - apply a request's parameters "changes", lines of a Dockerfile, to an
 * image's configuration.  Return: 0; -EINVAL with a message; -ENOMEM. */
int api_read_changes(const struct request *rq, json_t *config, struct err *err);
int api_commit(struct request *rq, struct reply *rp, struct err *err);

/* moat.c: requests that docker's API has no words for */
int api_moat_info(struct request *rq, struct reply *rp, struct err *err);
int api_moat_kernel(struct request *rq, struct reply *rp, struct err *err);
int api_moat_kernel_set(struct request *rq, struct reply *rp, struct err *err);
int api_moat_kernel_recommended(struct request *rq, struct reply *rp, struct err *err);
int api_moat_container_logs(struct request *rq, struct reply *rp, struct err *err);
int api_moat_boot_log(struct request *rq, struct reply *rp, struct err *err);
int api_moat_logs(struct request *rq, struct reply *rp, struct err *err);
int api_moat_spares(struct request *rq, struct reply *rp, struct err *err);
int api_moat_spares_set(struct request *rq, struct reply *rp, struct err *err);
int api_moat_templates(struct request *rq, struct reply *rp, struct err *err);
int api_moat_template_make(struct request *rq, struct reply *rp, struct err *err);
int api_moat_template_remove(struct request *rq, struct reply *rp, struct err *err);
int api_moat_stop(struct request *rq, struct reply *rp, struct err *err);
