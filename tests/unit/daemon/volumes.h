/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mounts.h"
#include "daemon/volume/life.h"
#include "folder.h"

/* The volumes of a moatd, in a folder of the test's own. */

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

#define TEST(name) cmocka_unit_test_setup_teardown(name, volumes_set_up, volumes_tear_down)

extern struct volumes *vs;
extern struct state *st; /* where it keeps them */

int volumes_set_up(void **state);
int volumes_tear_down(void **state);

/** reopen_volumes() - as after a crash */
void reopen_volumes(const struct folder *f);

void make_volume(const char *name);
void make_folder(const struct folder *f, const char *path);

/** mounts_of() - @binds: of docker's HostConfig, as JSON strings.  Return: mount_points_reset(). */
struct mount_points mounts_of(const char *binds);

/** take() - a container with its volumes; its row is not there.  Return: mount_points_reset(). */
struct mount_points take(const char *id, const char *binds);
