/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/**
 * create_body() - make the request from the options and arguments of run or create
 * @o:   parsed: the image, then the command
 * @ret: owned
 *
 * Return: 0; -EINVAL with a message; negative errno with a message for a file that cannot be read;
 * -ENOMEM.
 */
int create_body(const struct options *o, json_t **ret, struct err *err);
