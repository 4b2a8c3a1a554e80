/*
 * poor-machine RULE… -- COMMAND [ARG…]
 *
 * Runs a command on a machine where some system calls answer with an error. A rule is CALL=ERRNO; with CALL:FIRST=ERRNO only
 * where that is its first argument, with CALL@=ERRNO only where its fourth one needs more than 32 bits (a position in memory,
 * not in a file). CALL is a number of asm/unistd_64.h. With ERRNO 0 the call seems to succeed, and does nothing.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 16
static struct sock_filter filter[2 + 6 * MOST];
static unsigned short length;

static void add(unsigned short code, unsigned value, unsigned char yes, unsigned char no)
{
	filter[length++] = (struct sock_filter){ code, yes, no, value };
}

#define WORD(field) offsetof(struct seccomp_data, field)

static int refuse(const char *rule)
{
	unsigned call, first, error;
	if (sscanf(rule, "%u:%u=%u", &call, &first, &error) == 3) {
		add(BPF_LD | BPF_W | BPF_ABS, WORD(nr), 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3);
		add(BPF_LD | BPF_W | BPF_ABS, WORD(args[0]), 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1);
	} else if (sscanf(rule, "%u@=%u", &call, &error) == 2) {
		add(BPF_LD | BPF_W | BPF_ABS, WORD(nr), 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3);
		add(BPF_LD | BPF_W | BPF_ABS, WORD(args[3]) + 4, 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	} else if (sscanf(rule, "%u=%u", &call, &error) == 2) {
		add(BPF_LD | BPF_W | BPF_ABS, WORD(nr), 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
	} else
		return -1;
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error, 0, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int at = 1;
	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		if (at > MOST || refuse(argv[at]) != 0)
			return 125;
	if (at + 1 >= argc)
		return 125;
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	struct sock_fprog program = { length, filter };
	/* Root needs no PR_SET_NO_NEW_PRIVS, which would change what set-user-id programs do. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0))
		return 126;
	execvp(argv[at + 1], argv + at + 1);
	return 127;
}
