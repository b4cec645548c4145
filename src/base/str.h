/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macro.h"

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/** str_starts() - does @s begin with @prefix?  Return: what follows it, or NULL. */
const char *str_starts(const char *s, const char *prefix);

/** str_ends() - does @s end with @suffix? */
bool str_ends(const char *s, const char *suffix);

/** STR_FIND() - the entry of a table that is this text, or begins with a member that is; NULL where
 * there is none, and for a text that is NULL */
#define STR_FIND(table, text)                                                                      \
	((__typeof__(&(table)[0]))str_find((table), ARRAY_SIZE(table), sizeof((table)[0]), (text)))

/** str_find() - as STR_FIND(), for a table of @n entries of @size bytes */
const void *str_find(const void *table, size_t n, size_t size, const char *text);

/** str_printf() - formatted text in new memory.  Return: owned by the caller; NULL when out of
 * memory. */
char *str_printf(const char *fmt, ...) printf_like(1, 2);

/**
 * str_to_u64() - a whole decimal number, digits only
 *
 * Return: 0; -EINVAL when @s is empty or has any other character; -ERANGE when it does not fit.
 */
int str_to_u64(const char *s, uint64_t *ret);

/** str_to_u32() - as str_to_u64(), for 32 bits */
int str_to_u32(const char *s, uint32_t *ret);

/**
 * str_to_range() - "3", which is from 3 to 3, or "3-8"
 *
 * Return: 0; -EINVAL, also when the second number is the smaller one; -ERANGE.
 */
int str_to_range(const char *s, uint32_t *ret_first, uint32_t *ret_last);

/**
 * str_to_size() - a size as docker takes it: 64m, 1.5g, 4096, 2GiB, 512KB
 *
 * Units are binary, case is ignored, a plain number is bytes.
 *
 * Return: 0; -EINVAL; -ERANGE.
 */
int str_to_size(const char *s, uint64_t *ret_bytes);

/** str_is_alnum() - is it an ASCII letter or digit? */
static inline bool str_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/** str_set() - put a copy of a text in place of one that is owned.  Return: 0; -ENOMEM, and the old
 * one stays. */
int str_set(char **at, const char *text);

/** str_lower() - lower-case ASCII letters in place */
void str_lower(char *s);

/*
 * A NULL-terminated vector of strings.  NULL itself is an empty vector.
 */

/** strv_free() - free the strings and the vector */
void strv_free(char **v);

static inline void strv_free_fn(char ***v)
{
	strv_free(*v);
}

#define cleanup_strv cleanup(strv_free_fn)

size_t strv_len(char *const *v);

/** strv_add() - append a copy of @s.  Return: 0; -ENOMEM, with the vector unchanged. */
int strv_add(char ***v, const char *s);

/** strv_addf() - append formatted text.  Return: 0; -ENOMEM. */
int strv_addf(char ***v, const char *fmt, ...) printf_like(2, 3);

/** strv_compare() - the order of two entries, for qsort(3) and its like */
int strv_compare(const void *a, const void *b);

/** strv_has() - is @s one of the strings? */
bool strv_has(char *const *v, const char *s);

/** strv_remove() - take out and free every string equal to @s */
void strv_remove(char **v, const char *s);

/** strv_copy() - a deep copy.  Return: 0; -ENOMEM. */
int strv_copy(char *const *v, char ***ret);

/**
 * env_set() - set KEY=VALUE in an environment vector, replacing an earlier KEY
 *
 * Return: 0; -ENOMEM.
 */
int env_set(char ***env, const char *assignment);

/** env_get() - the value of @key in @env; borrowed; NULL when it is not set */
const char *env_get(char *const *env, const char *key);
