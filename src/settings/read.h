/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "settings/settings.h"

/**
 * settings_parse() - read the text of the file
 * @ret: owned, settings_unref()
 *
 * Return: 0; -EINVAL with a message that names what is wrong; -ENOMEM.
 */
int settings_parse(const char *text, size_t len, struct settings **ret, struct err *err);
