/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"

/**
 * archive_upload() - send an archive, and show what moatd says
 * @path: of the request, a POST
 * @file: "-" or NULL is standard input
 *
 * Return: 0; negative errno with a message.
 */
int archive_upload(struct cli *c, const char *path, const char *file, struct err *err);
