/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each line becomes a message (linux/netfilter/nf_tables.h), and all are sent
 * together between the messages that begin and end a batch, which the kernel does as a whole or not
 * at all, while it is being sent; what went wrong waits in the socket then.  A value that is made
 * of several has each at a multiple of four bytes; a name is filled up with zeros.
 *
 * The texts are moat-net's own.
 */
#include "net/common/elements.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hex.h"
#include "base/ip.h"
#include "base/mac.h"
#include "base/str.h"

#define BATCH_MAX   16384u
#define MESSAGE_MAX 384u
#define WORD_MAX    40
#define NEXT_MAX    8

struct elements {
	struct mnl_socket *socket;
	uint32_t sequence;
	_Alignas(8) char room[BATCH_MAX];
	size_t len;
};

int elements_new(struct elements **ret)
{
	struct elements *e = calloc(1, sizeof(*e));
	int r = 0;

	if (!e)
		return -ENOMEM;
	e->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!e->socket || mnl_socket_bind(e->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		r = -errno;
	if (r < 0) {
		elements_free(e);
		return r;
	}
	*ret = e;
	return 0;
}

void elements_free(struct elements *e)
{
	if (!e)
		return;
	if (e->socket)
		mnl_socket_close(e->socket);
	free(e);
}

static int find_family(const char *name, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t family;
	} families[] = { { "inet", NFPROTO_INET }, { "bridge", NFPROTO_BRIDGE } };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (streq(families[i].name, name)) {
			*ret = families[i].family;
			return 0;
		}
	}
	return -EOPNOTSUPP;
}

/* Fills up to where the next part of a value may begin. */
static void fill_up(struct element_value *v)
{
	v->len = (v->len + 3) & ~(size_t)3;
}

static int put_bytes(struct element_value *v, const void *bytes, size_t len)
{
	fill_up(v);
	if (v->len + len > sizeof(v->bytes))
		return -EOPNOTSUPP;
	memcpy(v->bytes + v->len, bytes, len);
	v->len += len;
	return 0;
}

/* A name in quotes, such as "t7". */
static int put_name(struct element_value *v, const char *word)
{
	char name[IFNAMSIZ] = "";
	size_t len = strlen(word);

	if (len < 3 || len - 2 >= sizeof(name) || word[len - 1] != '"')
		return -EOPNOTSUPP;
	memcpy(name, word + 1, len - 2);
	return put_bytes(v, name, sizeof(name));
}

/* Hex digits that are 16 bytes of a packet. */
static int put_digits(struct element_value *v, const char *word)
{
	uint8_t bytes[16];

	if (strlen(word) != 2 * sizeof(bytes) || !hex_is_lower(word, 2 * sizeof(bytes)))
		return -EOPNOTSUPP;
	for (size_t i = 0; i < sizeof(bytes); i++)
		if (sscanf(word + 2 * i, "%2hhx", &bytes[i]) != 1)
			return -EOPNOTSUPP;
	return put_bytes(v, bytes, sizeof(bytes));
}

/* The number of a port. */
static int put_number(struct element_value *v, uint32_t number)
{
	uint16_t port = htons((uint16_t)number);

	return number <= UINT16_MAX ? put_bytes(v, &port, sizeof(port)) : -EOPNOTSUPP;
}

static int put_word(struct element_value *v, const char *word)
{
	uint8_t bytes[MAC_BYTES];
	uint32_t number;
	struct ip ip;

	if (word[0] == '"')
		return put_name(v, word);
	if (str_starts(word, "0x"))
		return put_digits(v, word + 2);
	if (str_to_u32(word, &number) == 0)
		return put_number(v, number);
	if (mac_parse(word, bytes) == 0)
		return put_bytes(v, bytes, MAC_BYTES);
	if (ip_parse(word, &ip) == 0)
		return put_bytes(v, ip.bytes, ip.family == AF_INET ? 4 : 16);
	return -EOPNOTSUPP;
}

/* "WORD . WORD", and the word behind it. */
static int parse_value(const char **text, struct element_value *ret, char next[NEXT_MAX + 1])
{
	char word[WORD_MAX + 1];
	bool is_joined = false;
	int used, r = 0;

	for (; r == 0; is_joined = true) {
		if (sscanf(*text, "%40s %8s%n", word, next, &used) != 2)
			return -EOPNOTSUPP;
		*text += used;
		r = put_word(ret, word);
		if (!streq(next, "."))
			break;
	}
	if (is_joined)
		fill_up(ret);
	return r;
}

/* "60s", and the word behind it. */
static int parse_timeout(const char **text, uint64_t *ret_msec, char next[NEXT_MAX + 1])
{
	unsigned seconds;
	int used;

	if (sscanf(*text, "%5us %8s%n", &seconds, next, &used) != 2)
		return -EOPNOTSUPP;
	*text += used;
	*ret_msec = seconds * UINT64_C(1000);
	return 0;
}

/* "KEY . KEY timeout 60s : DATA . DATA }" */
static int parse_element(const char *text, struct element *ret)
{
	char next[NEXT_MAX + 1];
	int r = parse_value(&text, &ret->key, next);

	if (r == 0 && streq(next, "timeout"))
		r = parse_timeout(&text, &ret->timeout_msec, next);
	if (r == 0 && streq(next, ":"))
		r = parse_value(&text, &ret->data, next);
	return r == 0 && streq(next, "}") && !*text ? 0 : -EOPNOTSUPP;
}

int element_parse(const char *line, struct element *ret)
{
	char verb[8], what[8], family[8];
	int used = 0;

	*ret = (struct element){ 0 };
	if (sscanf(line, "%7s %7s %7s %31s %31s%n", verb, what, family, ret->table, ret->set,
		   &used) != 5 ||
	    find_family(family, &ret->family) < 0)
		return -EOPNOTSUPP;
	line += used;
	ret->verb = streq(verb, "delete") ? ELEMENT_DELETE : ELEMENT_ADD;
	if (streq(verb, "flush") && streq(what, "set")) {
		ret->verb = ELEMENT_FLUSH;
		return *line ? -EOPNOTSUPP : 0;
	}
	if ((ret->verb == ELEMENT_ADD && !streq(verb, "add")) || !streq(what, "element"))
		return -EOPNOTSUPP;
	line = str_starts(line, " { ");
	return line ? parse_element(line, ret) : -EOPNOTSUPP;
}

static struct nlmsghdr *begin_message(struct elements *e, uint16_t type, uint16_t flags,
				      uint8_t family, uint16_t resource)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(e->room + e->len);
	struct nfgenmsg *gen;

	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | flags;
	head->nlmsg_seq = e->sequence;
	gen = mnl_nlmsg_put_extra_header(head, sizeof(*gen));
	gen->nfgen_family = family;
	gen->version = NFNETLINK_V0;
	gen->res_id = htons(resource);
	return head;
}

static void end_message(struct elements *e, const struct nlmsghdr *head)
{
	e->len += head->nlmsg_len;
}

static void put_value(struct nlmsghdr *head, uint16_t type, const struct element_value *v)
{
	struct nlattr *nest = mnl_attr_nest_start(head, type);

	mnl_attr_put(head, NFTA_DATA_VALUE, v->len, v->bytes);
	mnl_attr_nest_end(head, nest);
}

static void put_key_and_data(struct nlmsghdr *head, const struct element *element)
{
	struct nlattr *list = mnl_attr_nest_start(head, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *one = mnl_attr_nest_start(head, NFTA_LIST_ELEM);

	put_value(head, NFTA_SET_ELEM_KEY, &element->key);
	if (element->data.len)
		put_value(head, NFTA_SET_ELEM_DATA, &element->data);
	if (element->timeout_msec)
		mnl_attr_put_u64(head, NFTA_SET_ELEM_TIMEOUT, htobe64(element->timeout_msec));
	mnl_attr_nest_end(head, one);
	mnl_attr_nest_end(head, list);
}

/* A message that names no elements is about all of them. */
static void put_element(struct elements *e, const struct element *element)
{
	bool is_add = element->verb == ELEMENT_ADD;
	const uint16_t type =
		NFNL_SUBSYS_NFTABLES << 8 | (is_add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM);
	struct nlmsghdr *head = begin_message(
		e, type, is_add ? NLM_F_ACK | NLM_F_CREATE : NLM_F_ACK, element->family, 0);

	mnl_attr_put_strz(head, NFTA_SET_ELEM_LIST_TABLE, element->table);
	mnl_attr_put_strz(head, NFTA_SET_ELEM_LIST_SET, element->set);
	if (element->verb != ELEMENT_FLUSH)
		put_key_and_data(head, element);
	end_message(e, head);
}

static void put_mark(struct elements *e, uint16_t type)
{
	end_message(e, begin_message(e, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

/* Turns lines into messages.  @text is cut up. */
static int put_lines(struct elements *e, char *text)
{
	char *line;

	e->len = 0;
	e->sequence++;
	put_mark(e, NFNL_MSG_BATCH_BEGIN);
	while ((line = strsep(&text, "\n"))) {
		struct element element;

		if (!*line)
			continue;
		if (element_parse(line, &element) < 0)
			return -EOPNOTSUPP;
		if (e->len + 2 * MESSAGE_MAX > sizeof(e->room))
			return -ENOBUFS;
		put_element(e, &element);
	}
	put_mark(e, NFNL_MSG_BATCH_END);
	return 0;
}

static int note_message(const struct nlmsghdr *head, void *arg)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(head);
	int *result = arg;

	if (head->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(head) < sizeof(error->error))
		return MNL_CB_OK;
	if (*result == -EIO || *result == 0)
		*result = error->error;
	return MNL_CB_OK;
}

/* Reads the answers that wait in the socket. */
static int read_answers(struct elements *e)
{
	_Alignas(8) char room[8192];
	int result = -EIO; /* for a kernel that says nothing */

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(e->socket, room, sizeof(room));
		int len = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno != EAGAIN ? -errno : result;
		for (const struct nlmsghdr *head = (const void *)room; mnl_nlmsg_ok(head, len);
		     head = mnl_nlmsg_next(head, &len))
			note_message(head, &result);
	}
}

int elements_change(struct elements *e, const char *text)
{
	char *copy = strdup(text);
	int r = copy ? put_lines(e, copy) : -ENOMEM;

	free(copy);
	if (r < 0)
		return r;
	if (mnl_socket_sendto(e->socket, e->room, e->len) < 0)
		return -errno;
	return read_answers(e);
}
