/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "base/json.h"
#include "link/frame.h"
#include "shim/shim.h"

/*
 * A container without a machine: the real shim in a process of its own, an engine whose process is
 * a script of the test's at the other end of the guest link, and moatd's part of the control
 * socket.
 */

/** Requests of moatd's */
#define HOLD	 "{\"op\":\"hold\"}"
#define ADD	 "{\"op\":\"add\",\"log\":{\"max_files\":1}}"
#define START	 "{\"op\":\"start\"}"
#define WATCH	 "{\"op\":\"watch\"}"
#define SHUTDOWN "{\"op\":\"shutdown\"}"
#define ATTACH_ALL                                                                                 \
	"{\"op\":\"attach\",\"target\":\"\",\"stdin\":true,\"stdout\":true,\"stderr\":true,"       \
	"\"framed\":true}"
#define ATTACH_OUT "{\"op\":\"attach\",\"target\":\"\",\"stdout\":true,\"stderr\":true}"
#define ATTACH_RAW                                                                                 \
	"{\"op\":\"attach\",\"target\":\"\",\"stdin\":true,\"stdout\":true,\"stderr\":true}"
#define EXEC(target)                                                                               \
	"{\"op\":\"exec\",\"target\":\"" target "\",\"stdout\":true,\"process\":"                  \
	"{\"args\":[\"ls\"],\"cwd\":\"/\"}}"

typedef void (*guest_script)(int link_fd);

struct box {
	char path[64];
	int dir_fd;
	pid_t shim;
	struct shim_options options; /* deadlines may be changed before box_start() */
};

/** box_new() - a folder with its configuration */
void box_new(struct box *b);

/** box_start() - start the shim; @script is what its guest does */
void box_start(struct box *b, guest_script script);

/** box_listen(), box_go() - the two parts of it: requests may be sent in between to a shim that may
 * end at once */
void box_listen(struct box *b);
void box_go(struct box *b, guest_script script);

/** box_end() - wait for the shim's end, and check that it was orderly */
void box_end(struct box *b);

/** box_file() - a file of the folder; owned */
char *box_file(const struct box *b, const char *name);

/** box_send() - send a request and leave the connection open.  @fd: goes along unless -1.  Return:
 * the connection. */
int box_send(const struct box *b, const char *request, int fd);

/** box_receive() - the next packet of a connection; NULL at its end */
json_t *box_receive(int conn);

/** box_ask() - a request that must succeed */
void box_ask(const struct box *b, const char *request, int fd);

/** box_refused() - a request that must fail.  Return: the errno. */
int box_refused(const struct box *b, const char *request, int fd);

/** box_attach() - attach a client.  Return: its end of the connection. */
int box_attach(const struct box *b, const char *request);

/** box_run() - box_start(), box_watch(), and have the container started.  Return: the connection.
 */
int box_run(struct box *b, guest_script script);

/** box_expect_removed() - `removed` on @watch, which is closed, and the shim's own end */
void box_expect_removed(struct box *b, int watch);

/** box_event() - read events until one of that name; owned */
json_t *box_event(int watch, const char *name);

/** box_watch() - watch the container, whose state is read already.  Return: the connection. */
int box_watch(const struct box *b);

/**
 * box_expect_end() - the container's end: `exited` on @watch, which is closed, exit.json of the
 * same content, and the shim's own end
 * @error: what is said beside the code must contain it; "" where nothing may be said
 */
void box_expect_end(struct box *b, int watch, int code, const char *error);

/** number(), text() - members of an object */
long long number(const json_t *obj, const char *key);
const char *text(const json_t *obj, const char *key);

/** read_all() - everything until the end; owned */
void read_all(int fd, struct buf *ret);

/* What a guest, which is another process, and the test tell each other. */
struct signs {
	atomic_bool reached, may_go_on;
};

/** signs_new() - for all processes that come; owned, for good */
struct signs *signs_new(void);

/** signs_await() - until the other one has set it */
void signs_await(const atomic_bool *sign);

/*
 * The guest's side.  Anything unexpected ends the script with abort().
 */

/** guest_is() - what the process of the next engine that starts does */
void guest_is(guest_script script);

/** guest_send() - one message that is not about a container as a whole */
void guest_send(int fd, enum link_type type, uint32_t stream, const void *payload, size_t len);

/** guest_send_frame() - one message; its size is set here */
void guest_send_frame(int fd, struct link_header h, const void *payload, size_t len);

/** guest_expect() - the next message, which must be of that type; CREDIT is booked and passed over.
 * Return: its header. */
struct link_header guest_expect(int fd, enum link_type type, struct buf *ret_payload);

/** guest_hello() - HELLO, MACHINE */
void guest_hello(int fd);

/** guest_boot() - the same, and CONTAINER, READY */
void guest_boot(int fd);

/** guest_started() - answer the next SPAWN.  Return: its stream. */
uint32_t guest_started(int fd);

/** guest_output() - output, as far as there is credit; the rest when it comes */
void guest_output(int fd, uint32_t stream, enum link_channel channel, const void *data, size_t len);

/** guest_grant() - room for input */
void guest_grant(int fd, uint32_t stream, uint32_t bytes);

/** guest_exited() - a process's end */
void guest_exited(int fd, uint32_t stream, uint32_t code, uint32_t signal);

/** guest_disk_errors() - requests to its disks that fail; at most 16 */
void guest_disk_errors(size_t n);

/** guest_down() - SHUTDOWN and DOWN, then wait to be killed */
void guest_down(int fd);

/** guest_hang() - never answer again */
void guest_hang(int fd);
