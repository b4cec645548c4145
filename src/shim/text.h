/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Text that somebody else wrote (the guest, the engine), made fit for a message and for JSON. */

/** text_clean() - in place: control characters become spaces, bytes that are not UTF-8 become '?'
 */
void text_clean(char *s);

/**
 * text_tail() - the last lines of a file as one line of clean text
 * @from: offset in bytes; what lies before it is not looked at
 * @ret:  @size bytes; the empty string where there is nothing to tell, or the file cannot be read
 */
void text_tail(int dir_fd, const char *name, off_t from, char *ret, size_t size);
