/**
 * The C of a set. Module 3 exports `m3_f0`… (functions), `m3_c0`… (constants), `m3_address` (which returns a function's address,
 * where it is asked for), and `m3_enter`, which uses all that the module imports.
 */
import { initialState, seedValue } from './expected-checksum.ts';
import type { Import, ModuleModel, SetModel } from './model.ts';

const heading = `typedef unsigned long word;
typedef word function(word);
`;

/** The C of one module. */
export function moduleSource(module: ModuleModel, { description }: SetModel): string {
  const { index, functions, constants } = module;
  const lines = [
    heading,
    ...importDeclarations(module),
    ...constants.map((value, item) => `const word m${index}_c${item} = ${literal(value)};`),
    ...functions.map(
      ({ xor, factor }, item) =>
        `word m${index}_f${item}(word x) { return (x ^ ${literal(xor)}) * ${literal(factor)}; }`,
    ),
    ...addressTables(module),
    ...(description.writableData ? [`static volatile word state = ${literal(initialState)};`] : []),
    `word m${index}_enter(word x)`,
    '{',
    ...(hasTable(module) ? [hiddenTable] : []),
    ...functions.map((_, item) => `\tx = m${index}_f${item}(x);`),
    ...module.imports.map((used, position) => `\t${useStatement(used, position)}`),
    ...module.enters.map((other) => `\tx = m${other}_enter(x);`),
    description.writableData ? '\treturn state = x + state;' : '\treturn x;',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** The C of the executable. */
export function mainSource({ roots }: SetModel): string {
  return `#include <stdio.h>
${heading}
${roots.map((root) => `function m${root}_enter;`).join('\n')}
int main(void)
{
	word x = ${literal(seedValue)};
${roots.map((root) => `\tx = m${root}_enter(x);`).join('\n')}
	printf("%016lx\\n", x);
	return 0;
}
`;
}

function importDeclarations({ imports, enters }: ModuleModel): readonly string[] {
  const declarations = imports.flatMap(({ kind, module, item }) => {
    if (kind === 'constants') return [`extern const word m${module}_c${item};`];
    return [`function m${module}_f${item};`, `function *m${module}_address(int item);`];
  });
  return [...new Set([...declarations, ...enters.map((other) => `function m${other}_enter;`)])];
}

/** What the module answers for its own functions, and the addresses that it has of others. */
function addressTables(module: ModuleModel): readonly string[] {
  const { index, functions, imports } = module;
  const own = functions.map((_, item) => `m${index}_f${item}`);
  const theirs = imports.map(({ kind, module, item }) =>
    kind === 'addresses' ? `m${module}_f${item}` : '0',
  );
  const lines = [
    `static function *const own[] = {${own.join(', ')}};`,
    `function *m${index}_address(int item);`,
    `function *m${index}_address(int item) { return own[item]; }`,
  ];
  if (!hasTable(module)) return lines;
  return [...lines, `static function *const theirs[] = {${theirs.join(', ')}};`];
}

function hasTable({ imports }: ModuleModel): boolean {
  return imports.some(({ kind }) => kind === 'addresses');
}

/** Else the compiler, which knows what is in the table, would not read it. */
const hiddenTable = `\tfunction *const *table = theirs;
\tasm("" : "+r"(table));`;

function useStatement({ kind, module, item }: Import, position: number): string {
  const statements = {
    calls: `x = m${module}_f${item}(x);`,
    constants: `x ^= m${module}_c${item};`,
    addresses: `x += table[${position}] == m${module}_address(${item});`,
    pointers: `x = m${module}_address(${item})(x);`,
  };
  return statements[kind];
}

function literal(value: bigint): string {
  return `0x${value.toString(16)}ul`;
}
