/*
 * The loader: in every launcher, and once more in the image, where its last stage runs.
 *
 * The kernel enters it instead of the program (or, in interpreter mode, as the program's PT_INTERP). It maps the image
 * as the plan says, writes the few words that each process has for itself, replays what the platform's linker would
 * have registered with the kernel, and goes on where that linker stood when it was captured.
 *
 * It is one flat piece of code without data, relocations or libraries. Its only inputs are the kernel's initial stack, the
 * trailer that follows it in the launcher, and the plan. It runs the right code or hands over: on any doubt it executes
 * the original program with the same arguments and environment (in interpreter mode it maps the real linker and
 * enters it). A launcher that is only asked whether it would be used goes the same way to the end, and says so there in
 * place of the jump (src/image/ask-launcher.ts). Stages, each of which may rely on those before:
 *
 *   1 read    the stack is the kernel's; nothing is changed, but that its vectors may move down
 *   2 check   the plan is whole and ours; every answer that the linker got is still the same
 *   3 map     all ranges are free, or their modules move; the image is mapped, process words are written, RELRO is sealed
 *   4 finish  runs in the image's copy of this code: the launcher's own pages go, the kernel is told, and we jump
 */
#include "check.h"
#include "finish.h"
#include "hand-over.h"
#include "map.h"

ENTER(loader);

__attribute__((noreturn, used)) void loader(uint64_t *stack)
{
	struct start start;
	struct finish finish;
	struct fixes fixes;

	/* 1: who are we, and for whom? */
	read_stack(&start, stack);
	start.launcher = (const struct launcher *)loader_end;
	if (!is_whole(start.launcher))
		die("launcher", "it is damaged");
	start.debug |= (start.launcher->flags & LAUNCHER_ONLY_ASKED) != 0;
	find_filter(&start);
	place_first_argument(&start);

	/* 2: is all as it was at bind? */
	const char *why = check(&start);
	if (why)
		hand_over(&start, why);
	prepare_finish(&start, &finish);
	const char *count_path = launcher_string(start.launcher, start.launcher->count_path);
	char count_path_copy[string_length(count_path) + 1];
	finish.count_path = memcpy(count_path_copy, count_path, sizeof count_path_copy);
	struct place places[start.plan->regions_count];
	memset(places, 0, sizeof places);
	start.places = places;

	/* 3: is there room? Once all is fixed, only a refused exe link hands over. */
	why = check_last_stage(&start);
	why = why ? why : reserve(&start);
	why = why ? why : load_fixes(&start, &fixes);
	if (why)
		hand_over(&start, why);
	if (!finish.interpreter) {
		describe_program(&start);
		place_break(&start, &finish);
	}
	if (start.plan->heap_region)
		places[start.plan->heap_region].shift = finish.program_break;
	why = fill_heap(&start, &finish);
	why = why ? why : map_image(&start);
	why = why ? why : fix(&start, &fixes);
	if (why)
		hand_over(&start, why);
	settle_opened(&start);
	prefault(&start);
	if (finish.interpreter) {
		start.replaced = 1;
		describe_program(&start);
	}
	take_actions(&start, 1);
	write_words(&start, finish.program_break);
	if ((why = seal(&start)))
		hand_over(&start, why);
	call1(__NR_close, start.image);
	close_settled(&start);
	if (start.place >= 0)
		call1(__NR_close, start.place);

	/* 4: the same code at its other place. */
	void (*last)(struct finish *) =
		(void (*)(struct finish *))((char *)start.plan->loader_address + ((char *)finish_start - loader_begin));
	last(&finish);
	__builtin_unreachable();
}
