/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct cli;

/* The commands of the table.  Return: exit status. */
int command_attach(struct cli *c);
int command_container_prune(struct cli *c);
int command_container_inspect(struct cli *c);
int command_create(struct cli *c);
int command_events(struct cli *c);
int command_exec(struct cli *c);
int command_help(struct cli *c);
int command_image_history(struct cli *c);
int command_image_import(struct cli *c);
int command_image_inspect(struct cli *c);
int command_image_load(struct cli *c);
int command_image_ls(struct cli *c);
int command_image_prune(struct cli *c);
int command_image_rm(struct cli *c);
int command_image_save(struct cli *c);
int command_image_tag(struct cli *c);
int command_inspect(struct cli *c);
int command_kernel_set(struct cli *c);
int command_kernel_show(struct cli *c);
int command_kill(struct cli *c);
int command_logs(struct cli *c);
int command_pause(struct cli *c);
int command_port(struct cli *c);
int command_ps(struct cli *c);
int command_pull(struct cli *c);
int command_rename(struct cli *c);
int command_restart(struct cli *c);
int command_rm(struct cli *c);
int command_run(struct cli *c);
int command_start(struct cli *c);
int command_stats(struct cli *c);
int command_stop(struct cli *c);
int command_system_df(struct cli *c);
int command_system_info(struct cli *c);
int command_system_logs(struct cli *c);
int command_system_prune(struct cli *c);
int command_system_start(struct cli *c);
int command_system_status(struct cli *c);
int command_system_stop(struct cli *c);
int command_spare_ls(struct cli *c);
int command_spare_set(struct cli *c);
int command_template_build(struct cli *c);
int command_template_ls(struct cli *c);
int command_template_rm(struct cli *c);
int command_top(struct cli *c);
int command_unpause(struct cli *c);
int command_update(struct cli *c);
int command_version(struct cli *c);
int command_wait(struct cli *c);
