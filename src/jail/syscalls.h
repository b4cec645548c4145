/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/**
 * syscalls_restrict() - let this process make only the jail's system calls from now on
 *
 * To be called by the process itself, not before a fork: the filter knows its process id.
 * no_new_privs must be set.
 *
 * Return: 0; -errno with a message.
 */
int syscalls_restrict(const struct jail *j, struct err *err);

/** syscalls_export() - write the filter for what is forked of a zygote with this jail into a file.
 * Return: 0; -errno with a message. */
int syscalls_export(const struct jail *j, int fd, struct err *err);

/**
 * syscalls_narrow() - let this process make only the calls its work still needs
 *
 * @calls: numbers of system calls, beside those every program makes; borrowed
 *
 * From now on it executes nothing, makes no process and no thread, and none of its memory
 * becomes code.  It keeps its user, and what that user may open.
 *
 * Return: 0; -errno with a message.
 */
int syscalls_narrow(const int *calls, size_t n, struct err *err);
