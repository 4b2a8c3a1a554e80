/*
 * starter: becomes the program that a tracer wants to watch from its first instruction.
 *
 *   starter quiet|plain FILE ARGV0 [ARG…]
 *
 * It asks to be traced by its parent (the thread that spawned it), stops, and executes FILE when the tracer lets it go
 * on. The program inherits the environment. `quiet` connects the three standard streams with /dev/null first.
 * Exit status 127 where FILE cannot be executed, 126 where the start itself failed, 125 where it did for want of /dev/null.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static int silence(void)
{
	int null = open("/dev/null", O_RDWR);
	if (null < 0)
		return -1;
	for (int stream = 0; stream < 3; stream++)
		if (dup2(null, stream) < 0)
			return -1;
	return null > 2 ? close(null) : 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 126;
	if (strcmp(argv[1], "quiet") == 0 && silence() != 0)
		return 125;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		return 126;
	raise(SIGSTOP);
	execv(argv[2], argv + 3);
	return 127;
}
