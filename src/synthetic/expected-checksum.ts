/** What a set's executable must print, computed from the model alone: the judge of whatever linked and called the modules. */
import type { FunctionModel, Import, ModuleModel, SetModel } from './model.ts';

/** What the computation starts with. */
export const seedValue = 0x243f_6a88_85a3_08d3n;
/** A module's variable before anything has written to it. */
export const initialState = 0x1319_8a2e_0370_7344n;

/** Sixteen hexadecimal digits, without a line break. */
export function expectedChecksum(model: SetModel): string {
  const value = model.roots.reduce((x, root) => enter(model, model.modules[root]!, x), seedValue);
  return value.toString(16).padStart(16, '0');
}

/** A module's own functions, then its imports, then the modules that it enters, then its variable. */
function enter(model: SetModel, module: ModuleModel, x: bigint): bigint {
  const own = module.functions.reduce(call, x);
  const imported = module.imports.reduce((value, used) => use(model, used, value), own);
  const entered = module.enters.reduce(
    (value, index) => enter(model, model.modules[index]!, value),
    imported,
  );
  return model.description.writableData ? cut(entered + initialState) : entered;
}

function use({ modules }: SetModel, { kind, module, item }: Import, x: bigint): bigint {
  const { functions, constants } = modules[module]!;
  if (kind === 'constants') return x ^ constants[item]!;
  // The two addresses are equal.
  if (kind === 'addresses') return cut(x + 1n);
  return call(x, functions[item]!);
}

function call(x: bigint, { xor, factor }: FunctionModel): bigint {
  return cut((x ^ xor) * factor);
}

function cut(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
