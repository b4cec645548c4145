/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/**
 * signals_catch() - have signals arrive at a descriptor
 * @all:    every signal that can be passed on to a workload; else those that end a program
 * @winch:  SIGWINCH besides
 * @ret_fd: for signals_read(); owned by the caller, signals_release()
 *
 * A SIGHUP that nohup(1) made ignored stays ignored.
 *
 * Return: 0; negative errno with a message.
 */
int signals_catch(bool all, bool winch, int *ret_fd, struct err *err);

/** signals_read() - the next signal that came; 0 when there is none */
int signals_read(int fd);

/** signals_release() - give signals their former effect; -1 is accepted */
void signals_release(int fd);
