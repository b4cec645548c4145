/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/** labels_text() - labels, an object of texts, as docker prints them: "a=b,c=d".  Return: a new
 * string; NULL when out of memory. */
json_t *labels_text(json_t *labels);
