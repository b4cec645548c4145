/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

/* image-spec config.md; with docker's Healthcheck and Shell where present. */
struct oci_image_config {
	struct platform platform; /* members are empty where the config lacks them */
	char *created;		  /* RFC 3339 or NULL */
	char *author;
	char *user;
	char **env;
	char **entrypoint;
	char **cmd;
	char *working_dir;
	char *stop_signal;
	json_t *exposed_ports; /* object or NULL; owned */
	json_t *volumes;
	json_t *labels;
	json_t *healthcheck;
	json_t *history; /* array or NULL */
	char **diff_ids; /* "sha256:…", validated, one per layer */
	json_t *config;	 /* the whole "config" member as it came; NULL when absent */
};

/** oci_image_config_parse() - read a config.  @ret: owned.  Return: 0; -EBADMSG or -ENOMEM with a
 * message. */
int oci_image_config_parse(const char *text, size_t len, struct oci_image_config **ret,
			   struct err *err);
void oci_image_config_free(struct oci_image_config *c);

/** oci_image_config_complete() - fill in what a config does not say of its platform, from the
 * descriptor of its manifest (NULL: there is none), else from this host */
void oci_image_config_complete(struct oci_image_config *c, const struct oci_descriptor *manifest);

/** oci_image_config_copy() - make a deep copy that shares nothing.  Return: owned; NULL when out of
 * memory. */
struct oci_image_config *oci_image_config_copy(const struct oci_image_config *c);

DEFINE_CLEANUP(struct oci_image_config, oci_image_config_free)
#define cleanup_oci_image_config cleanup(oci_image_config_free_cleanup_fn)
