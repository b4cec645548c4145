/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/**
 * terminal_raw() - have a terminal pass on every byte, without echo
 *
 * exit() restores it, as terminal_restore() does.  One terminal at a time.
 *
 * Return: 0; negative errno with a message.
 */
int terminal_raw(int fd, struct err *err);

/** terminal_restore() - give the terminal back as it was; does nothing when it was not changed */
void terminal_restore(void);

/** terminal_size() - get a terminal's size.  Return: 0; -errno when @fd is no terminal. */
int terminal_size(int fd, uint16_t *ret_rows, uint16_t *ret_columns);

/** terminal_size_json() - size of the terminal at standard input as docker's ConsoleSize, [rows,
 * columns].  Return: owned; NULL where it is no terminal, or out of memory. */
json_t *terminal_size_json(void);
