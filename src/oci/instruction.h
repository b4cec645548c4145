/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Lines of a Dockerfile that change nothing but an image's configuration, as commit and import take
 * them: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME,
 * WORKDIR.
 */

/**
 * oci_instructions_apply() - change a configuration
 * @config: the "config" member of an image config, an object; changed, on failure in part
 * @texts:  each a line, or several; NULL for none
 *
 * As in a Dockerfile, ENTRYPOINT forgets the Cmd that was there unless a CMD came before it.  Lines
 * that are empty, or begin with "#", are skipped.  Pure.
 *
 * Return: 0; -EINVAL with a message that names the line; -ENOMEM.
 */
int oci_instructions_apply(json_t *config, char *const *texts, struct err *err);
