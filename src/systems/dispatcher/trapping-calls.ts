/**
 * Calls by number, entered by a trap, as those of an operating system are. A stub puts the number into r11 and executes an
 * undefined instruction; the handler of that signal goes on at the function. The signal is the system's own: what would take
 * it away (sigaction, signal) or block it (sigaddset, sigfillset) leaves it as it is.
 *
 * Calls into the dynamic linker go as compiled: libc makes them with all signals blocked.
 */
import type { CallScheme, TableMemory, WiredProgram } from '../../calls/call-scheme.ts';
import { code, moveR11, undefinedInstruction, word32, word64 } from '../../calls/machine-code.ts';
import { lowTables } from '../../calls/low-memory.ts';
import { action } from '../../image/actions.ts';
import type { CodeFrame } from '../../image/code-frames.ts';
import { stubArea } from '../../calls/stub-area.ts';
import { PROT } from '../../image/pieces.ts';
import { at } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { pageSize } from '../../util/units.ts';
import { byNumber, functionTable, numberOf, tableAddress } from './dispatcher-calls.ts';

/** signal(7): SIGILL. */
const signal = 4;

export const trapping: CallScheme = { ...byNumber, wire };

function wire(program: WiredProgram): ReturnType<CallScheme['wire']> {
  const served = withoutLinker(program);
  const modules = served.modules.map((module) =>
    stubArea(module, (each, at) => ({
      code: Buffer.concat([moveR11(numberOf(program, each)), undefinedInstruction()]),
      landing: { code: at },
    })),
  );
  const page = new CodePage(lowTables);
  const handler = page.add([handlerCode(page.address)]);
  const restorer = page.addRestorer(restorerCode);
  const table = functionTable(served, guardedFunctions(served, page));
  return {
    modules,
    tables: [page.memory(), table],
    actions: [action('enterBySignal', handler, restorer, signal)],
  };
}

function withoutLinker({ base, modules }: WiredProgram): WiredProgram {
  return {
    base,
    modules: modules.map((module) => ({
      ...module,
      imports: module.imports.filter(({ definer }) => modules[definer]?.isLinker !== true),
    })),
  };
}

/** Bytes at the page's beginning that stay zero: a struct sigaction with SIG_DFL. */
const noAction = 32;

class CodePage {
  readonly address: Address;
  readonly #bytes = Buffer.alloc(pageSize);
  readonly #frames: CodeFrame[] = [];
  #next = noAction;

  constructor(address: Address) {
    this.address = address;
  }

  /** Answers where the code stands: parts, of which every second one has a word more on its stack. */
  add(parts: readonly Buffer[]): Address {
    const start = this.address + this.#next;
    let address = start;
    parts.forEach(({ length: size }, index) => {
      this.#frames.push({ address, size, depth: 8 + 8 * (index % 2) });
      address += size;
    });
    return this.#put(Buffer.concat(parts));
  }

  /** What a signal's handler returns to: unwinders look one byte before it, as behind a call. */
  addRestorer(bytes: Buffer): Address {
    const address = this.#put(bytes);
    this.#frames.push({ address: address - 1, size: bytes.length + 1, depth: 'signal' });
    return address;
  }

  /** Leaves a byte at least between two pieces. */
  #put(bytes: Buffer): Address {
    const at = this.#next;
    bytes.copy(this.#bytes, at);
    this.#next += Math.ceil((bytes.length + 1) / 16) * 16;
    if (this.#next > pageSize) throw new Error('more code than fits into a page');
    return this.address + at;
  }

  memory(): TableMemory {
    const protection = PROT.read | PROT.execute;
    return { address: this.address, bytes: this.#bytes, protection, frames: this.#frames };
  }
}

/**
 * rdx has the ucontext (signal(7), SA_SIGINFO; asm/sigcontext.h): rip at 0xa8. Where the instruction before is none of a
 * stub, the signal is the program's own, and ends it as it would have.
 */
function handlerCode(zeros: Address): Buffer {
  const serve = Buffer.concat([
    code('8b 48 fc'), //                      mov    -4(%rax), %ecx
    code('48 8b 0c cd'), //                   mov    table(,%rcx,8), %rcx
    word32(tableAddress),
    code('48 89 8a a8 00 00 00'), //          mov    %rcx, 0xa8(%rdx)
    code('c3'), //                            ret
  ]);
  return Buffer.concat([
    code('48 8b 82 a8 00 00 00'), //          mov    0xa8(%rdx), %rax
    code('66 81 78 fa 41 bb'), //             cmpw   $0xbb41, -6(%rax)
    code('75'), //                            jne    other
    Buffer.from([serve.length]),
    serve,
    code('b8 0d 00 00 00'), //         other: mov    $__NR_rt_sigaction, %eax
    Buffer.from([0xbf, signal, 0, 0, 0]), //      mov    $SIGILL, %edi
    code('be'), //                            mov    $zeros, %esi
    word32(zeros),
    code('31 d2'), //                         xor    %edx, %edx
    code('41 ba 08 00 00 00'), //             mov    $8, %r10d
    code('0f 05'), //                         syscall
    code('c3'), //                            ret
  ]);
}

/** As glibc has it, byte for byte: by these bytes libgcc and gdb know the frame of a signal. */
const restorerCode = Buffer.concat([
  code('48 c7 c0 0f 00 00 00'), //            mov    $__NR_rt_sigreturn, %rax
  code('0f 05'), //                           syscall
]);

/** In place of a function: answers 0 where an argument is the signal. */
function refuseSignal(compare: string, target: Address): Buffer[] {
  const guard = Buffer.concat([
    code(compare),
    Buffer.from([signal]),
    code('75 03'), //                         jne    real
    code('31 c0'), //                         xor    %eax, %eax
    code('c3'), //                            ret
    code('49 bb'), //                   real: movabs $target, %r11
    word64(target),
    code('41 ff e3'), //                      jmp    *%r11
  ]);
  return [guard];
}

const firstArgument = '83 ff'; //                 cmp    $signal, %edi
const secondArgument = '83 fe'; //                cmp    $signal, %esi

/** In place of sigfillset: all signals but this one. */
function fillSet(target: Address): Buffer[] {
  const pushed = Buffer.concat([
    code('49 bb'), //                         movabs $target, %r11
    word64(target),
    code('41 ff d3'), //                      call   *%r11
    code('5f'), //                            pop    %rdi
  ]);
  const popped = Buffer.concat([
    code('80 27'), //                         andb   $~(1 << (signal - 1)), (%rdi)
    Buffer.from([0xff & ~(1 << (signal - 1))]),
    code('c3'), //                            ret
  ]);
  return [code('57'), pushed, popped]; //     push   %rdi, before
}

const guards: Readonly<Record<string, (target: Address) => Buffer[]>> = {
  sigaction: (target) => refuseSignal(firstArgument, target),
  __sigaction: (target) => refuseSignal(firstArgument, target),
  signal: (target) => refuseSignal(firstArgument, target),
  __sysv_signal: (target) => refuseSignal(firstArgument, target),
  bsd_signal: (target) => refuseSignal(firstArgument, target),
  sigset: (target) => refuseSignal(firstArgument, target),
  sigaddset: (target) => refuseSignal(secondArgument, target),
  sigfillset: fillSet,
};

/** What stands in the table for the functions that could take the signal away. */
function guardedFunctions(program: WiredProgram, page: CodePage): ReadonlyMap<number, Address> {
  const instead = new Map<number, Address>();
  for (const { imports } of program.modules)
    for (const each of imports) {
      const guard = guards[at(each.symbol.split('@'), 0)];
      const number = numberOf(program, each);
      if (guard && !instead.has(number)) instead.set(number, page.add(guard(each.target)));
    }
  return instead;
}
