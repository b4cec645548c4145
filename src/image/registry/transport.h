/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/err.h"

/**
 * transport_error() - a failure of libcurl's in moat's terms
 * @text: what libcurl says beside the code; may be empty
 * @host: whom it was about
 *
 * Return: as http_send(), with a message.
 */
int transport_error(CURLcode code, const char *text, const char *host, struct err *err);
