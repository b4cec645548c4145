/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/err.h"

/**
 * transport_error() - translate a failure of libcurl's
 * @text: libcurl's text for the failure; may be empty
 * @host: the host it is about
 *
 * Return: as http_send(), with a message.
 */
int transport_error(CURLcode code, const char *text, const char *host, struct err *err);
