/** `linkonce model address`: the address formats of the systems, their capacity, and addresses taken apart and put together. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { AddressFormat, FieldValues } from '../../ranges/address-format.ts';
import { decodeAddress, encodeAddress, fieldUnit, pictureOf } from '../../ranges/address-format.ts';
import { LinkonceError } from '../../util/errors.ts';
import { hex } from '../../util/units.ts';
import { address } from '../options.ts';
import type { ModelTable } from './output.ts';
import { count, writeModel } from './output.ts';

interface AddressOptions {
  readonly encode?: FieldValues;
  readonly decode?: number;
  readonly json?: boolean;
}

export function registerAddress(model: Command): void {
  model
    .command('address')
    .summary('show address formats; encode and decode addresses')
    .argument('[format]', 'one of those that the systems have (default: all)')
    .option('--encode <list>', 'fields by commas: B=1,M=3,L=0x40', fieldValues)
    .option('--decode <address>', 'an address: 0x…', address)
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, options: AddressOptions, command: Command) => {
      const { systems } = await import('../../systems/registry.ts');
      const { formatsOf } = await import('../../systems/variant-groups.ts');
      const all = systems.flatMap(formatsOf);
      const chosen = all.filter((format) => id === undefined || format.id === id);
      if (chosen.length === 0)
        command.error(
          `there is no address format '${String(id)}'; there are ${all.map((each) => each.id).join(', ')}`,
        );
      if (id === undefined && (options.encode !== undefined || options.decode !== undefined))
        command.error('--encode and --decode need a format');
      showFormats(chosen, options);
    });
}

function fieldValues(text: string): FieldValues {
  const fields = text.split(',').map((field) => /^([A-Z])=(0x[0-9a-fA-F]+|\d+)$/.exec(field));
  if (fields.includes(null)) throw new InvalidArgumentError('It must be letters and numbers: B=1,L=0x40.');
  return Object.fromEntries(fields.map((field) => [String(field?.[1]), Number(field?.[2])]));
}

function showFormats(formats: readonly AddressFormat[], { encode, decode, json }: AddressOptions): void {
  const [format] = formats;
  const encoded = format && encode && mend(() => encodeAddress(format, encode));
  const asked = encoded ?? decode;
  const decoded = format && asked !== undefined ? mend(() => decodeAddress(format, asked)) : undefined;
  const tables = formats.flatMap((each) => [formatTable(each, decoded, asked), meaningsOf(each)]);
  const value = formats.map((each) => ({
    ...each,
    picture: pictureOf(each),
    ...(decoded && { address: asked, values: decoded }),
  }));
  writeModel(tables, value, json);
}

/** A value that does not fit is a person's. */
function mend<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new LinkonceError(error.message);
    throw error;
  }
}

function formatTable(format: AddressFormat, decoded?: FieldValues, asked?: number): ModelTable {
  const { id, fields } = format;
  const rows = fields.map(({ letter, bits }) => [
    letter,
    String(bits),
    count(2 ** bits),
    bytes(fieldUnit(format, letter)),
    ...(decoded ? [hex(decoded[letter] ?? 0)] : []),
  ]);
  return {
    title: `${id}: ${pictureOf(format)}${asked === undefined ? '' : ` = ${hex(asked)}`}`,
    head: ['', 'bits', 'values', 'bytes of one', ...(decoded ? ['value'] : [])],
    rows,
  };
}

/** What the letters stand for; too long to stand beside the figures. */
function meaningsOf({ fields }: AddressFormat): ModelTable {
  return { title: 'where', head: [], rows: fields.map(({ letter, meaning }) => [letter, meaning]), left: 2 };
}

/** `1 MiB`. */
function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const unit = Math.floor(Math.log2(size) / 10);
  return `${count(size / 1024 ** unit)} ${units[unit] ?? ''}`;
}
