/* Stage 3: what the program sees of how it was started. Its vectors change, so that no way leads back to the real linker. */
#pragma once
#include "names.h"

/* As if the kernel and the linker had loaded it. */
static void describe_program(struct start *start)
{
	const struct plan *plan = start->plan;
	set_auxiliary(start, AT_PHDR, placed(start, plan->program_headers, plan->executable_region));
	set_auxiliary(start, AT_PHNUM, plan->program_header_count);
	set_auxiliary(start, AT_ENTRY, placed(start, plan->entry, plan->executable_region));
	set_auxiliary(start, AT_BASE, placed(start, plan->linker_base, plan->linker_region));
	if (start->first_argument) {
		memcpy(start->first_argument, start->shown, string_length(start->shown) + 1);
		start->argv[0] = start->first_argument;
	}
	if (start->is_own_name)
		set_auxiliary(start, AT_EXECFN, (uint64_t)plan_string(plan, plan->invocation_path));
	name_process(start);
}
