/**
 * A program that says what is lost on the way of a call. Its library's function writes down every register and flag as it
 * received them; each call site is one instruction, executed with a value of its own in every register, once with all flags of
 * arithmetic set and once with none. Each line: the call site, the flags, and what had changed in the first and in the next call.
 */
import { compile } from './compile.ts';

const general = ['rax', 'rcx', 'rdx', 'rbx', 'rbp', 'rsi', 'rdi', ...numbered('r', 8, 15)];
const vectors = numbered('xmm', 0, 15);

function numbered(name: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => name + String(first + index));
}

/** Every kind of call site that is rewritten: where it leads, and whether it is a jump. */
export const sites = ['call', 'jump', 'conditional_jump', 'slot_call', 'slot_jump'] as const;

/** `flags`: of the link. Returns the program's path. */
export function compileRegisterProgram(folder: string, name: string, flags: readonly string[]): string {
  const library = compile(folder, { name: 'libobserve.so', flags: ['-O2'], source: librarySource });
  const compiled = ['-O2', '-fcf-protection', ...flags];
  return compile(folder, { name, flags: compiled, uses: [library], source: programSource });
}

const asm = (lines: readonly string[]): string =>
  `__asm__(${lines.map((line) => JSON.stringify(`${line}\n`)).join('\n')});`;

/** Two names, so that one is called through a PLT slot only, which the linker may leave lazy. */
const librarySource = `
  unsigned long seen[${general.length + 2}], seen_vectors[${vectors.length}][2];
  const void *seen_values(void) { return seen; }
  const void *seen_vector_values(void) { return seen_vectors; }
  ${asm([
    '.globl observe_plt, observe_got',
    '.type observe_plt, @function',
    '.type observe_got, @function',
    '.hidden own_seen, own_vectors',
    '.set own_seen, seen',
    '.set own_vectors, seen_vectors',
    'observe_plt: observe_got:',
    '.cfi_startproc',
    ...general.map((register, index) => `mov %${register}, own_seen+${index * 8}(%rip)`),
    `mov %rsp, own_seen+${general.length * 8}(%rip)`,
    'pushfq',
    '.cfi_adjust_cfa_offset 8',
    `popq own_seen+${general.length * 8 + 8}(%rip)`,
    '.cfi_adjust_cfa_offset -8',
    ...vectors.map((register, index) => `movups %${register}, own_vectors+${index * 16}(%rip)`),
    'ret',
    '.cfi_endproc',
    '.size observe_plt, . - observe_plt',
    '.size observe_got, . - observe_got',
  ])}`;

const site = (name: string, ...lines: readonly string[]): string[] => [
  `.type ${name}, @function`,
  `${name}:`,
  '.cfi_startproc',
  ...lines,
  '.cfi_endproc',
  `.size ${name}, . - ${name}`,
];

const kept = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];

/** Without a register for the site's address, and without any change of flags behind the popfq. */
const run = site(
  'run',
  ...kept.flatMap((register) => [`push %${register}`, '.cfi_adjust_cfa_offset 8']),
  ...vectors.map((register, index) => `movups given_vectors+${index * 16}(%rip), %${register}`),
  'push given_flags(%rip)',
  '.cfi_adjust_cfa_offset 8',
  ...general.map((register, index) => `mov given+${index * 8}(%rip), %${register}`),
  'popfq',
  '.cfi_adjust_cfa_offset -8',
  'mov %rsp, stack_of_run(%rip)',
  'call *site_of_run(%rip)',
  ...[...kept].reverse().flatMap((register) => [`pop %${register}`, '.cfi_adjust_cfa_offset -8']),
  'ret',
);

const programSource = `
  #include <stdio.h>
  #include <string.h>
  const void *seen_values(void), *seen_vector_values(void);
  static const char *const names[] = {${general.map((each) => `"${each}"`).join(', ')}};
  __attribute__((used)) static unsigned long given[${general.length}], given_vectors[${vectors.length}][2];
  __attribute__((used)) static unsigned long given_flags, stack_of_run;
  __attribute__((used)) static void *site_of_run;
  void run(void), ${sites.join('(void), ')}(void);
  ${asm([
    '.text',
    ...site('call', 'call observe_plt@PLT', 'ret'),
    ...site('jump', 'jmp observe_plt@PLT'),
    ...site('conditional_jump', 'jc observe_plt@PLT', 'jnc observe_plt@PLT'),
    ...site('slot_call', 'call *observe_got@GOTPCREL(%rip)', 'ret'),
    ...site('slot_jump', 'jmp *observe_got@GOTPCREL(%rip)'),
    ...run,
  ])}
  static void report(unsigned long depth) {
    const unsigned long *values = seen_values();
    int changed = 0;
    for (int i = 0; i < ${general.length}; i++)
      if (values[i] != given[i]) changed++, printf(" %s", names[i]);
    if (values[${general.length}] != stack_of_run - depth) changed++, printf(" rsp");
    /* CF, PF, AF, ZF, SF, DF, OF */
    if ((values[${general.length + 1}] ^ given_flags) & 0xcd5) changed++, printf(" flags");
    if (memcmp(seen_vector_values(), given_vectors, sizeof given_vectors) != 0) changed++, printf(" vectors");
    if (changed == 0) printf(" nothing");
  }
  static void try(const char *name, void *site, unsigned long depth) {
    const unsigned long patterns[] = {0x8d5, 0};
    for (int i = 0; i < 2; i++) {
      site_of_run = site;
      given_flags = 0x202 | patterns[i];
      printf("%s, flags %s:", name, i == 0 ? "set" : "clear");
      for (int time = 0; time < 2; time++) {
        run();
        report(depth);
        if (time == 0) printf(", then");
      }
      printf("\\n");
    }
  }
  int main(void) {
    for (int i = 0; i < ${general.length}; i++) given[i] = 0x0123456789abcd00 + 0x1111111111111111ul * i;
    for (int i = 0; i < ${vectors.length}; i++) given_vectors[i][0] = i + 0x55aa, given_vectors[i][1] = ~(i + 0x77ul);
    ${sites.map((each) => `try("${each}", ${each}, ${each.endsWith('call') ? 16 : 8});`).join('\n    ')}
    return 0;
  }`;
