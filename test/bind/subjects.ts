/** Programs for collections: captured once for each order of their modules, as the pipeline does it. */
import { captureProgram } from '../../src/capture/capture-program.ts';
import { movableModules } from '../../src/ranges/place-programs.ts';
import type { Subject } from '../../src/bind/subject.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { Explained } from '../../src/provenance/explained.ts';

export interface TestSubject extends Subject {
  explained(order?: readonly string[]): Promise<Explained>;
  /** What the last build was made of. */
  last(): Explained;
}

/** `opened`: paths of the modules that shall be prepared, with all that they need. */
export function testSubject(file: string, opened: readonly string[] = []): TestSubject {
  const program = loadProgram(file, { opened });
  const known = new Map<string, Explained>();
  let last: Explained | undefined;
  return {
    program,
    explained(order = movableModules(program).map(({ path }) => path)) {
      const key = order.join('\0');
      last = known.get(key) ?? explain(program, order);
      known.set(key, last);
      return Promise.resolve(last);
    },
    last() {
      if (!last) throw new Error('nothing was built');
      return last;
    },
  };
}

function explain(program: Program, order: readonly string[]): Explained {
  const rank = new Map(order.map((path, index) => [path, index]));
  const modules = [...program.modules].sort((a, b) => (rank.get(a.path) ?? 0) - (rank.get(b.path) ?? 0));
  return explainCaptures(captureProgram(program, undefined, modules));
}
