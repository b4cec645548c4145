/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** human_duration() - seconds in docker's words: "Less than a second", "About a minute", "3 hours"
 */
void human_duration(int64_t seconds, char *ret, size_t size);
