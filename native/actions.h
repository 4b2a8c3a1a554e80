/*
 * What a start does once its memory is there: the plan's actions. The kernel learns from them what the platform's linker would have
 * registered, and what a system needs beside. None can be taken back, so that they come last, but for the one whose answer is a
 * word of the process.
 */
#pragma once
#include "start.h"

/* On the stack of whoever calls, and again while it is handled: functions are entered inside of handlers, too. */
static void enter_by_signal(uint64_t handler, uint64_t restorer, uint64_t signal)
{
	struct kernel_sigaction action = { handler, SA_SIGINFO | SA_RESTORER | SA_NODEFER, restorer, 0 };
	uint64_t mask = 1ull << (signal - 1);
	call4(__NR_rt_sigaction, signal, &action, 0, sizeof action.mask);
	/* A process inherits what its parent blocked. */
	call4(__NR_rt_sigprocmask, SIG_UNBLOCK, &mask, 0, sizeof mask);
}

static void register_rseq(uint64_t area, uint64_t length, uint64_t signature)
{
	if (call4(__NR_rseq, area, length, 0, signature) != 0)
		/* RSEQ_CPU_ID_REGISTRATION_FAILED, as glibc sets it. */
		*(int32_t *)(area + 4) = -2;
}

/* glibc since 2.35 searches it by halves for the module of an address (elf/dl-find_object.c). */
struct unwind_entry {
	uint64_t start, end, map, eh_frame;
};

static void sort_unwind_table(struct unwind_entry *table, uint64_t count)
{
	for (uint64_t i = 1; i < count; i++) {
		struct unwind_entry entry = table[i];
		uint64_t at = i;
		for (; at > 0 && table[at - 1].start > entry.start; at--)
			table[at] = table[at - 1];
		if (at < i)
			table[at] = entry;
	}
}

static void take_action(struct start *start, const struct plan_action *action)
{
	uint64_t value = placed(start, action->value, action->region);
	switch (action->operation) {
	case ACTION_SET_THREAD_ID_ADDRESS:
		start->thread_id = (uint64_t)call1(__NR_set_tid_address, value);
		break;
	case ACTION_SET_FS:
		set_fs(value);
		break;
	case ACTION_SET_GS:
		set_gs(value);
		break;
	case ACTION_SET_ROBUST_LIST:
		call2(__NR_set_robust_list, value, action->second_argument);
		break;
	case ACTION_REGISTER_RSEQ:
		register_rseq(value, action->second_argument, action->third_argument);
		break;
	case ACTION_ENTER_BY_SIGNAL:
		enter_by_signal(value, action->second_argument, action->third_argument);
		break;
	case ACTION_SORT_UNWIND_TABLE:
		if (start->moved)
			sort_unwind_table((struct unwind_entry *)value, action->second_argument);
		break;
	}
}

/* Those whose answers are words of the process, or all others. */
static void take_actions(struct start *start, int for_words)
{
	const struct plan_action *action = TABLE(start->plan, action);
	for (uint32_t i = 0; i < start->plan->actions_count; i++, action++)
		if ((action->operation == ACTION_SET_THREAD_ID_ADDRESS) == for_words)
			take_action(start, action);
}
