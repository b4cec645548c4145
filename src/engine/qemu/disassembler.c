/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  QEMU is linked with a disassembler for its debugging output, libcapstone,
 * which no machine here ever calls.  To load it costs each QEMU 1.5 MiB of its own, as its tables
 * are full of addresses, and a millisecond.  The library that is loaded into QEMU before its own
 * (clone-memory.c) bears libcapstone's name (its soname): the loader takes libcapstone to be there
 * already, and QEMU finds these functions, which know no processor.
 *
 * A QEMU that needs others of libcapstone's functions, and has all of them looked up when it
 * starts, as Debian's does, does not start, and the machine is booted instead, without this library
 * (shim/machine/bringup.c).  One that is linked with another version of libcapstone than the fourth
 * loads that, and calls these functions all the same.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ERROR_NO_PROCESSOR 2 /* CS_ERR_ARCH */

int cs_open(int arch, int mode, size_t *ret);
int cs_close(size_t *handle);
int cs_option(size_t handle, int type, size_t value);
void *cs_malloc(size_t handle);
void cs_free(void *list, size_t n);
size_t cs_disasm(size_t handle, const uint8_t *code, size_t len, uint64_t at, size_t n, void **ret);
bool cs_disasm_iter(size_t handle, const uint8_t **code, size_t *len, uint64_t *at, void *ret);

int cs_open(int arch, int mode, size_t *ret)
{
	(void)arch, (void)mode, (void)ret;
	return ERROR_NO_PROCESSOR;
}

int cs_close(size_t *handle)
{
	(void)handle;
	return ERROR_NO_PROCESSOR;
}

int cs_option(size_t handle, int type, size_t value)
{
	(void)handle, (void)type, (void)value;
	return ERROR_NO_PROCESSOR;
}

void *cs_malloc(size_t handle)
{
	(void)handle;
	return NULL;
}

void cs_free(void *list, size_t n)
{
	(void)list, (void)n;
}

size_t cs_disasm(size_t handle, const uint8_t *code, size_t len, uint64_t at, size_t n, void **ret)
{
	(void)handle, (void)code, (void)len, (void)at, (void)n, (void)ret;
	return 0;
}

bool cs_disasm_iter(size_t handle, const uint8_t **code, size_t *len, uint64_t *at, void *ret)
{
	(void)handle, (void)code, (void)len, (void)at, (void)ret;
	return false;
}
