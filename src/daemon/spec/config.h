/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/config.h"
#include "oci/runtime.h"

/*
 * From a create request and an image to a container: docker's "Config" and "HostConfig" as
 * inspect shows them, and out of these two the runtime-spec.  Pure; the request comes from a
 * client and is checked here, once.
 */

/* Instead of an address of the host's in "ExtraHosts". */
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

/**
 * host_config_check() - docker's HostConfig: the request's, checked, with its paths filled in
 * @body:      the create request
 * @host_cpus: processors of this host
 * @ret:       owned
 *
 * What moat cannot do is not looked for: fields_check() does that.
 *
 * Return: 0; -EINVAL, -EBADMSG or -EOPNOTSUPP with a message; -ENOMEM.
 */
int host_config_check(const json_t *body, unsigned host_cpus, json_t **ret, struct err *err);

/**
 * host_config_fill() - a stored HostConfig as docker shows it: with every member, and where nothing
 * was asked for (no value, null, "" or 0) with docker's default
 *
 * Return: 0; -ENOMEM.
 */
int host_config_fill(json_t *host);

/** host_config_warn() - add a text for what of a checked HostConfig is effective but for this.
 * Return: 0; -ENOMEM. */
int host_config_warn(const json_t *host, char ***ret);

/**
 * config_runtime() - the runtime-spec of a container; rootfs_path is left for the caller
 * @ret: owned
 *
 * Return: 0; -EINVAL or -EBADMSG with a message; -ENOMEM.
 */
int config_runtime(const json_t *config, const json_t *host, struct oci_runtime **ret,
		   struct err *err);

/**
 * config_process() - the process of an exec
 * @body:      the exec request (Cmd, Env, User, WorkingDir, Tty, ConsoleSize, AttachStdin,
 *             Privileged)
 * @container: the process of the container's init: environment, folder, user, capabilities and
 *             limits come from it
 *
 * Return: 0, @ret owned; -EINVAL or -EBADMSG with a message; -ENOMEM.
 */
int config_process(const json_t *body, const struct oci_process *container,
		   struct oci_process **ret, struct err *err);

/**
 * config_capabilities() - the default set without those to drop, and then with those to add
 *
 * As docker has it: adding ALL starts from all of them and drops what is named, dropping ALL leaves
 * what is added.
 *
 * Return: 0; -EINVAL with a message.
 */
int config_capabilities(char *const *add, char *const *drop, uint64_t *ret, struct err *err);

/** config_strv() - a string or an array of strings (docker's StrSlice).  @ret: owned; NULL when not
 * there.  Return: 0; -EBADMSG; -ENOMEM. */
int config_strv(const json_t *obj, const char *key, char ***ret, struct err *err);

/** config_env() - the "Env" of a request, at most OCI_LIST_MAX entries.  @ret: owned; NULL when not
 * there.  Return: 0; -EINVAL; -EBADMSG; -ENOMEM. */
int config_env(const json_t *body, char ***ret, struct err *err);
