/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/**
 * program_image() - make an image of one program, and the files in /etc that a start reads
 * @name:   of the program, in the root folder
 * @fd:     the program; borrowed
 * @out_fd: empty regular file; borrowed
 *
 * Return: 0; -errno with a message.
 */
int program_image(const char *name, int fd, int out_fd, struct err *err);
