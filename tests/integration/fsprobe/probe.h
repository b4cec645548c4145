/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

/* What is tried, in files by subject; see main.c. */

/** probe_note() - something was tried.  @what: for people; errno says why it does not hold */
void probe_note(bool holds, const char *what, const char *file, int line);

/* Something holds; a call fails as it should. */
#define HOLDS(...) (errno = 0, probe_note((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__))
#define FAILS(code, call)                                                                          \
	(errno = 0,                                                                                \
	 probe_note((call) < 0 && errno == (code), #call " -> " #code, __FILE__, __LINE__))

extern bool probe_is_root;

/** probe_st() - lstat(2) of what is there */
struct stat probe_st(const char *path);

/** probe_put() - write a file; probe_has() - has it this content? */
void probe_put(const char *path, const char *text);
bool probe_has(const char *path, const char *text);

/** probe_in_child() - have a child do it, as POSIX locks are a process's.  Return: what it
 * returned, as an exit code. */
int probe_in_child(int (*fn)(void));

/* tree.c */
void probe_names(void);
void probe_kinds(void);
void probe_links(void);
void probe_moves(void);
void probe_gone(void);

/* content.c */
void probe_content(void);
void probe_big(void);
void probe_maps(void);
void probe_together(void);

/* locks.c */
void probe_locks(void);

/* attributes.c */
void probe_attributes(void);
void probe_owners(void);
void probe_watching(void);
