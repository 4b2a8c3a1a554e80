/*
 * What the image's copy of glibc's ld.so calls in place of mmap(2): the linker's own way of opening modules stays as it is, but a
 * prepared module comes to its reserved range, with our relocated pages over its writable segments. Which modules are prepared stands
 * in the table behind plan and loader (src/image/opened-table.ts).
 *
 * It is one flat piece of code without data, like the loader, and keeps nothing between two calls: what is mapped where, the list of
 * link maps and the modules' own memory say everything. ld.so holds its lock while it maps. It calls what ld.so itself calls when it
 * opens a module, no more, so that a filter of system calls that lets ld.so open modules lets this. Whatever differs from bind goes the
 * linker's own way.
 *
 * What was bound in advance is right as long as every module among the link maps is one that was known at bind, and at its place. So:
 *
 *   - The first mapping of a prepared module's very file, among known modules only, as long as no program has asked for another
 *     namespace (dlmopen(3)): all or nothing is mapped.
 *   - The later mappings of its segments find their memory there.
 *   - The first mapping of anything else: modules of the same dlopen that were mapped before it, and not relocated yet, get their full
 *     tables of relocations back. ld.so maps all modules of a dlopen before it relocates the first one. It is then as if they had never
 *     been prepared: their words do not depend on what stands there, and slots have what the file has.
 */
#include "opener.h"

/* After `call`, ld.so looks at rax and at the flags of its comparison with the first error number. */
__asm__(".section .text.start,\"ax\",@progbits\n"
	".globl _start\n"
	"_start:\n"
	"	.quad 0\n" /* where the table is: src/image/opener.ts */
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %r9\n"
	"	push %r8\n"
	"	push %r10\n"
	"	push %rdx\n"
	"	push %rsi\n"
	"	push %rdi\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	mov _start(%rip), %rsi\n"
	"	call opener\n"
	"	lea -48(%rbp), %rsp\n"
	"	pop %rdi\n"
	"	pop %rsi\n"
	"	pop %rdx\n"
	"	pop %r10\n"
	"	pop %r8\n"
	"	pop %r9\n"
	"	pop %rbp\n"
	"	cmp $-4096, %rax\n"
	"	ret\n"
	".text\n");

/* ld.so maps the segments of modules so, and nothing else (elf/dl-load.h, MAP_COPY). */
static int is_segment(const struct call *call)
{
	return (int)call->file >= 0 && (call->flags & (MAP_PRIVATE | MAP_DENYWRITE)) == (MAP_PRIVATE | MAP_DENYWRITE);
}

static int is_reservation(const struct call *call)
{
	return !call->address && call->protection == PROT_NONE && call->flags == (MAP_PRIVATE | MAP_ANONYMOUS);
}

__attribute__((used)) long opener(const struct call *call, const struct opened_head *table)
{
	const struct r_debug *debug = (const struct r_debug *)table->debug;
	long at = -ENOENT;
	if (debug->version != ONLY_BASE_NAMESPACE || !(is_segment(call) || is_reservation(call)))
		return as_asked(call);
	if (!is_segment(call))
		at = reserve_prepared(call, table, debug);
	else if (!(call->flags & MAP_FIXED))
		at = map_prepared(call, table, debug);
	else {
		const struct opened_module *module = module_of_segment(call, table);
		if (module)
			return map_segment(call, table, module, debug);
	}
	if (!failed(at))
		return at;
	if (is_segment(call))
		give_back(table, debug);
	return as_asked(call);
}
