/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * oci_secret_parse() - read which secret a container is to have, and where:
 * "db,target=/etc/db,uid=1"
 * @text: NAME[,target=PATH][,uid=N][,gid=N][,mode=OCTAL]; docker's other spelling "source=db,…" too
 * @ret:  an object with Source, Target, UID, GID, Mode; owned
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int oci_secret_parse(const char *text, json_t **ret, struct err *err);
