/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/config.h"
#include "oci/runtime.h"

/*
 * A create request and an image become docker's "Config" and "HostConfig" as inspect shows them,
 * and these two the runtime-spec.  Pure; the request is a client's and is checked here, once.
 */

/* In "ExtraHosts": stands for the host's address. */
#define CONFIG_HOST_GATEWAY "host-gateway"

struct config_source {
	const json_t *body;	/* the create request */
	const char *image_name; /* as the user wrote it */
	const struct oci_image_config *image;
	const char *id; /* of the new container; the default host name */
};

/**
 * config_merge() - docker's Config: the request over the image's config
 * @ret: owned
 *
 * A given Entrypoint clears the image's Cmd; [""] resets the Entrypoint.
 *
 * Return: 0; -EINVAL or -EBADMSG with docker's message; -ENOMEM.
 */
int config_merge(const struct config_source *src, json_t **ret, struct err *err);

/** config_strv() - a string or an array of strings (docker's StrSlice).  @ret: owned; NULL when not
 * there.  Return: 0; -EBADMSG; -ENOMEM. */
int config_strv(const json_t *obj, const char *key, char ***ret, struct err *err);

/** config_env() - the "Env" of a request, at most OCI_LIST_MAX entries.  @ret: owned; NULL when not
 * there.  Return: 0; -EINVAL; -EBADMSG; -ENOMEM. */
int config_env(const json_t *body, char ***ret, struct err *err);
