/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/**
 * terminal_raw() - let every byte of the terminal through, unechoed
 *
 * exit() restores it, as terminal_restore() does.  One terminal at a time.
 *
 * Return: 0; negative errno with a message.
 */
int terminal_raw(int fd, struct err *err);

/** terminal_restore() - give the terminal back as it was; does nothing when it was not changed */
void terminal_restore(void);

/** terminal_size() - Return: 0; -errno when @fd is no terminal. */
int terminal_size(int fd, uint16_t *ret_rows, uint16_t *ret_columns);

/** terminal_size_json() - standard input's size as docker's ConsoleSize, [rows, columns].  Return:
 * owned; NULL where it is no terminal, or out of memory. */
json_t *terminal_size_json(void);
