/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/daemon.h"
#include "daemon/route.h"

/* The handlers of the API, by resource, and the table that says which request each serves. */

extern const struct route api_routes[];

/* system.c */
int api_ping(struct request *rq, struct reply *rp, struct err *err);
int api_version(struct request *rq, struct reply *rp, struct err *err);
int api_info(struct request *rq, struct reply *rp, struct err *err);

/* events.c */
int api_events(struct request *rq, struct reply *rp, struct err *err);

/* images.c */
int api_image_list(struct request *rq, struct reply *rp, struct err *err);
int api_image_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_image_history(struct request *rq, struct reply *rp, struct err *err);
int api_image_tag(struct request *rq, struct reply *rp, struct err *err);
int api_image_remove(struct request *rq, struct reply *rp, struct err *err);

/* image-create.c (pull and import), image-load.c */
int api_image_create(struct request *rq, struct reply *rp, struct err *err);
int api_image_load(struct request *rq, struct reply *rp, struct err *err);

/* container-list.c, container-inspect.c */
int api_container_list(struct request *rq, struct reply *rp, struct err *err);
int api_container_inspect(struct request *rq, struct reply *rp, struct err *err);

/* containers.c */
int api_container_create(struct request *rq, struct reply *rp, struct err *err);
int api_container_start(struct request *rq, struct reply *rp, struct err *err);
int api_container_stop(struct request *rq, struct reply *rp, struct err *err);
int api_container_kill(struct request *rq, struct reply *rp, struct err *err);
int api_container_restart(struct request *rq, struct reply *rp, struct err *err);
int api_container_rename(struct request *rq, struct reply *rp, struct err *err);
int api_container_remove(struct request *rq, struct reply *rp, struct err *err);
int api_container_prune(struct request *rq, struct reply *rp, struct err *err);

/* resize.c */
int api_container_resize(struct request *rq, struct reply *rp, struct err *err);
int api_exec_resize(struct request *rq, struct reply *rp, struct err *err);

/* wait.c, attach.c, logs.c */
int api_container_wait(struct request *rq, struct reply *rp, struct err *err);
int api_container_attach(struct request *rq, struct reply *rp, struct err *err);
int api_container_logs(struct request *rq, struct reply *rp, struct err *err);

/* exec.c */
int api_exec_create(struct request *rq, struct reply *rp, struct err *err);
int api_exec_start(struct request *rq, struct reply *rp, struct err *err);
int api_exec_inspect(struct request *rq, struct reply *rp, struct err *err);

/* networks.c */
int api_network_list(struct request *rq, struct reply *rp, struct err *err);
int api_network_inspect(struct request *rq, struct reply *rp, struct err *err);
int api_volume_list(struct request *rq, struct reply *rp, struct err *err);
int api_volume_inspect(struct request *rq, struct reply *rp, struct err *err);

/* moat.c: what docker's API has no words for */
int api_moat_info(struct request *rq, struct reply *rp, struct err *err);
int api_moat_kernel(struct request *rq, struct reply *rp, struct err *err);
int api_moat_kernel_set(struct request *rq, struct reply *rp, struct err *err);
int api_moat_boot_log(struct request *rq, struct reply *rp, struct err *err);
int api_moat_logs(struct request *rq, struct reply *rp, struct err *err);
int api_moat_stop(struct request *rq, struct reply *rp, struct err *err);
