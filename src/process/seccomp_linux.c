/*
 * The filter of system calls, as a program of the kernel's (seccomp(2), "classic BPF").
 *
 * Namespaces keep a confined command from what is not there; this keeps it from calls that
 * reach around them or are a wide door into the kernel: other people's keys, mounts, modules,
 * programs in the kernel, new user namespaces (which bring rights), typing into the
 * terminal.  ptrace() stays: it sees only what is confined together, and sanitizers need it.
 * A list of what is refused, since shells run everything.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "process/child_inside.h"
#include "process/confine_inside.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#endif                           /* of other machines the numbers of calls must be looked at first */

#define X32_BIT 0x40000000u      /* of x86_64's calls with short pointers */
#define FILTER_MAX 400

struct filter {
	struct sock_filter lines[FILTER_MAX];
	unsigned short n;
};

static void emit(struct filter *f, unsigned code, uint8_t yes, uint8_t no, uint32_t value)
{
	if (f->n < FILTER_MAX)
		f->lines[f->n++] = (struct sock_filter){ (uint16_t)code, yes, no, value };
}

static void load(struct filter *f, size_t offset)
{
	emit(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void load_number(struct filter *f) { load(f, offsetof(struct seccomp_data, nr)); }

/* The lower half of an argument: all of those looked at here fit into it. */
static void load_argument(struct filter *f, unsigned i)
{
	size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	load(f, offsetof(struct seccomp_data, args) + i * sizeof(uint64_t) + low);
}

static void refuse(struct filter *f, int error)
{
	emit(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (uint32_t)error);
}

static const int never[] = {
	/* Keys of the user's session */
	SYS_add_key, SYS_keyctl, SYS_request_key,
	/* Mounts and namespaces */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_move_mount, SYS_open_tree, SYS_fsopen,
	SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_open_by_handle_at, SYS_name_to_handle_at,
	/* The kernel itself */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
	SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, SYS_syslog, SYS_settimeofday, SYS_clock_settime,
	SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_vhangup,
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif
	/* Wide doors */
	SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
};

/* Calls that are refused for one of their arguments. */
static const struct argument_rule {
	int call;
	unsigned argument;
	bool bits;               /* any of these; otherwise: exactly this */
	uint32_t value;
} rules[] = {
	{ SYS_clone, 0, true, CLONE_NEWUSER },
	{ SYS_unshare, 0, true, CLONE_NEWUSER },
	{ SYS_ioctl, 1, false, TIOCSTI },
	{ SYS_ioctl, 1, false, TIOCLINUX },
};

/*
 * Families of sockets: machines, and the kernel's own tables.  Not Unix: a service of this machine that listens
 * on one would do outside what is asked of it in here, and abstract names lie in no file system.
 */
static void refuse_sockets(struct filter *f)
{
	static const uint32_t families[] = { AF_INET, AF_INET6, AF_NETLINK };
	uint8_t count = (uint8_t)countof(families);

	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(count + 3), SYS_socket);
	load_argument(f, 0);
	for (uint8_t i = 0; i < count; i++)
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(count - i), 0, families[i]);
	refuse(f, EPERM);
	load_number(f);
}

static void write_filter(struct filter *f)
{
	load(f, offsetof(struct seccomp_data, arch));
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, NATIVE);
	refuse(f, ENOSYS);
	load_number(f);
#ifdef __x86_64__
	emit(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
	refuse(f, ENOSYS);
#endif
	for (size_t i = 0; i < countof(never); i++) {
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)never[i]);
		refuse(f, EPERM);
	}
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_clone3);    /* its flags are in memory: C libraries fall back */
	refuse(f, ENOSYS);
	for (size_t i = 0; i < countof(rules); i++) {
		emit(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)rules[i].call);
		load_argument(f, rules[i].argument);
		emit(f, BPF_JMP | BPF_K | (rules[i].bits ? BPF_JSET : BPF_JEQ), 0, 1, rules[i].value);
		refuse(f, EPERM);
		load_number(f);
	}
	refuse_sockets(f);
	emit(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

int seccomp_file(struct error *err)
{
	struct filter f = {0};

	write_filter(&f);
	if (f.n == FILTER_MAX)
		return error_set(err, ERROR_INTERNAL, "the filter of system calls is too long"), -1;
	return child_input((struct str){ (const char *)f.lines, f.n * sizeof *f.lines }, err);
}
