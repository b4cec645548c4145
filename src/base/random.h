/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#define ID_LEN 64

/** random_bytes() - fill from the kernel's generator.  Return: 0; -errno of getrandom(2). */
int random_bytes(void *data, size_t len);

/** random_id() - a new id as Docker's: 64 lower-case hex digits and a NUL.  Return: 0; -errno. */
int random_id(char ret[ID_LEN + 1]);
