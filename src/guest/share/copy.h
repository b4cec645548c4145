/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * copy_content() - copy a folder of the image into a volume that is to be mounted there
 * @from:  in the container's root; where it is no folder, nothing is done
 * @to_fd: the volume's root
 *
 * Each file is whole or not there.  Files that are there already stay, except one that a loss of
 * power has left with another length: so a copy that was cut off can be done again.  Device nodes
 * are left out.
 *
 * Return: 0; -errno with a message that names the file.
 */
int copy_content(const char *from, int to_fd, struct err *err);
