/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  libseccomp turns the rules into BPF, and writes that to a file; it is
 * compiled on the host, so that the guest needs neither JSON nor libseccomp.
 *
 * The profile comes from a user, by way of the API: its size is bounded, and whatever is wrong with
 * it is named.
 */
#include "seccomp/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "seccomp/cost.h"

#define ARGS_MAX 6u

struct action {
	const char *name;
	uint32_t value;
};

static const struct action actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
};

static const struct operator
{
	const char *name;
	enum scmp_compare value;
}
operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

struct compiler {
	scmp_filter_ctx ctx;
	uint32_t default_action;
	unsigned n_archs; /* the filter has all rules once for each */
	struct filter_cost cost;
};

static void compiler_reset(struct compiler *c)
{
	cost_reset(&c->cost);
	if (c->ctx)
		seccomp_release(c->ctx);
}

/* @key: of the action, "action" or "defaultAction"; @errno_key: of the error number with it. */
static int read_action(const json_t *obj, const char *key, const char *errno_key, uint32_t *ret,
		       struct err *err)
{
	const struct action *action;
	int64_t error = EPERM;
	const char *name;
	int r = json_get_str(obj, key, &name, err);

	if (r == 0)
		r = json_get_i64(obj, errno_key, &error, err);
	if (r < 0)
		return r;
	if (error < 0 || error > 4095)
		return err_set(err, -EINVAL, "\"%s\" must be from 0 to 4095", errno_key);
	if (name && streq(name, "SCMP_ACT_NOTIFY"))
		return err_set(err, -EOPNOTSUPP, "moat does not support SCMP_ACT_NOTIFY");
	action = STR_FIND(actions, name);
	if (!action)
		return err_set(err, -EINVAL, "\"%s\" is \"%s\", which is no action", key,
			       name ? name : "");
	*ret = action->value;
	if (*ret == SCMP_ACT_ERRNO(0) || *ret == SCMP_ACT_TRACE(0))
		*ret |= (uint32_t)error;
	return 0;
}

static int add_architectures(struct compiler *c, const json_t *profile, struct err *err)
{
	cleanup_strv char **names = NULL;
	int r = json_get_strv(profile, "architectures", &names, err);

	for (char **n = names; r == 0 && n && *n; n++) {
		const char *rest = str_starts(*n, "SCMP_ARCH_");
		cleanup_free char *name = strdup(rest ? rest : "");
		uint32_t arch;

		if (!name)
			return err_nomem(err);
		str_lower(name);
		arch = *name ? seccomp_arch_resolve_name(name) : 0;
		if (arch == 0)
			return err_set(err, -EINVAL, "\"%s\" is no architecture", *n);
		r = seccomp_arch_add(c->ctx, arch);
		if (r < 0 && r != -EEXIST)
			return err_errno(err, r, "architecture %s", *n);
		c->n_archs += r == 0;
		r = 0;
	}
	return r;
}

static int read_arg(const json_t *obj, struct scmp_arg_cmp *ret, struct err *err)
{
	int64_t index = -1, value = 0, second = 0;
	const struct operator* known;
	const char *op;
	int r = json_get_i64(obj, "index", &index, err);

	if (r == 0)
		r = json_get_i64(obj, "value", &value, err);
	if (r == 0)
		r = json_get_i64(obj, "valueTwo", &second, err);
	if (r == 0)
		r = json_get_str(obj, "op", &op, err);
	if (r < 0)
		return r;
	if (index < 0 || index >= (int64_t)ARGS_MAX)
		return err_set(err, -EINVAL, "\"index\" must be from 0 to %u", ARGS_MAX - 1);
	/* A register has 64 bits, and jansson's integers have 63 and a sign. */
	if (value < 0 || second < 0)
		return err_set(err, -EINVAL,
			       "\"value\" and \"valueTwo\" must be from 0 to %" PRId64, INT64_MAX);
	known = STR_FIND(operators, op);
	if (!known)
		return err_set(err, -EINVAL, "\"op\" is \"%s\", which is no operator",
			       op ? op : "");
	*ret = (struct scmp_arg_cmp){ (unsigned)index, known->value, (scmp_datum_t)value,
				      (scmp_datum_t)second };
	return 0;
}

/* @ret: room for ARGS_MAX */
static int read_args(const json_t *rule, struct scmp_arg_cmp *ret, unsigned *ret_n, struct err *err)
{
	json_t *list = NULL, *item;
	size_t i;
	int r = json_get_array(rule, "args", &list, err);

	if (r == 0 && json_array_size(list) > ARGS_MAX)
		return err_set(err, -EINVAL, "more than %u \"args\"", ARGS_MAX);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = read_arg(item, &ret[i], err);
	}
	*ret_n = (unsigned)json_array_size(list);
	return r;
}

static bool has_same_arg_twice(const struct scmp_arg_cmp *args, unsigned n)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < n; i++) {
		if (seen & 1u << args[i].arg)
			return true;
		seen |= 1u << args[i].arg;
	}
	return false;
}

static int add_rule(struct compiler *c, uint32_t action, int nr, const struct scmp_arg_cmp *args,
		    unsigned n)
{
	int r = cost_add(&c->cost, nr, args, n, c->n_archs);

	return r < 0 ? r : seccomp_rule_add_array(c->ctx, action, nr, n, args);
}

static int add_call(struct compiler *c, uint32_t action, int nr, const struct scmp_arg_cmp *args,
		    unsigned n)
{
	int r = 0;

	if (!has_same_arg_twice(args, n))
		return add_rule(c, action, nr, args, n);
	/* As in runc, several conditions on one argument mean one or the other. */
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = add_rule(c, action, nr, &args[i], 1);
	return r;
}

static int add_rules(struct compiler *c, const json_t *rule, struct err *err)
{
	struct scmp_arg_cmp args[ARGS_MAX];
	cleanup_strv char **names = NULL;
	uint32_t action;
	unsigned n = 0;
	int r = json_get_strv(rule, "names", &names, err);

	if (r == 0)
		r = read_action(rule, "action", "errnoRet", &action, err);
	if (r == 0)
		r = read_args(rule, args, &n, err);
	if (r < 0 || action == c->default_action)
		return r;
	for (char **name = names; name && *name; name++) {
		int nr = seccomp_syscall_resolve_name(*name);

		if (nr == __NR_SCMP_ERROR)
			continue;
		r = add_call(c, action, nr, args, n);
		if (r == -E2BIG)
			return err_set(err, -EINVAL,
				       "too many rules for %s: the filter would have more than %d "
				       "instructions, which no kernel takes",
				       *name, BPF_MAXINSNS);
		if (r < 0)
			return err_errno(err, r, "rule for %s", *name);
	}
	return 0;
}

static int add_syscalls(struct compiler *c, const json_t *profile, struct err *err)
{
	json_t *list = NULL, *rule;
	size_t i;
	int r = json_get_array(profile, "syscalls", &list, err);

	json_array_foreach (list, i, rule) {
		if (r == 0)
			r = add_rules(c, rule, err);
	}
	return r;
}

static int export_filter(struct compiler *c, struct buf *ret, struct err *err)
{
	cleanup_close int fd = memfd_create("moat-seccomp", MFD_CLOEXEC);
	const size_t max = BPF_MAXINSNS * sizeof(struct sock_filter);
	int r = fd < 0 ? -errno : seccomp_export_bpf(c->ctx, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_file(fd, max, ret);
	if (r == -EFBIG)
		return err_set(err, -EINVAL,
			       "the filter has more than %d instructions, which no kernel takes",
			       BPF_MAXINSNS);
	return r < 0 ? err_errno(err, r, "compile") : 0;
}

int profile_compile(const json_t *profile, struct buf *ret, struct err *err)
{
	cleanup(compiler_reset) struct compiler c = { 0 };
	int r;

	if (!json_is_object(profile))
		return err_set(err, -EBADMSG, "it must be a JSON object");
	r = read_action(profile, "defaultAction", "defaultErrnoRet", &c.default_action, err);
	if (r < 0)
		return r;
	c.ctx = seccomp_init(c.default_action);
	if (!c.ctx)
		return err_nomem(err);
	c.n_archs = 1;
	/* System calls are found by a binary tree, in few steps, which counts where a CPU is
	 * emulated. */
	(void)seccomp_attr_set(c.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = add_architectures(&c, profile, err);
	if (r == 0)
		r = add_syscalls(&c, profile, err);
	return r == 0 ? export_filter(&c, ret, err) : r;
}
