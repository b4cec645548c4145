/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Lines of a Dockerfile that only change an image's configuration, for commit and import: CMD,
 * ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR.
 */

/**
 * oci_instructions_apply() - change a configuration
 * @config: the "config" member of an image config, an object; after a failure it may have changed
 *          in part
 * @texts:  each a line, or several; NULL for none
 *
 * As in a Dockerfile, ENTRYPOINT removes the image's Cmd, unless a CMD came before it.  Lines that
 * are empty, or begin with "#", are skipped.  Pure.
 *
 * Return: 0; -EINVAL with a message that names the line; -ENOMEM.
 */
int oci_instructions_apply(json_t *config, char *const *texts, struct err *err);
