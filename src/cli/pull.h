/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "cli/cli.h"

/**
 * pull_platform() - the platform that --platform asks for, or --os and --arch
 * @ret: owned; NULL for none
 *
 * Return: 0; -ENOMEM with a message.
 */
int pull_platform(const struct cli *c, char **ret, struct err *err);

/**
 * pull_image() - have moatd pull an image
 * @text:     reference as typed
 * @platform: "os/arch[/variant]" or NULL
 * @out:      where progress is shown, if the user wants to see it
 *
 * Return: 0; negative errno with a message.
 */
int pull_image(struct cli *c, const char *text, const char *platform, FILE *out, struct err *err);
