/** Changes a bound image as a test needs it, with all checksums right: as if the bind had chosen so. */
import { readFileSync, writeFileSync } from 'node:fs';
import { planChecksum } from '../../src/image/checksum.ts';
import type { Launcher, LauncherForm } from '../../src/image/launcher-file.ts';
import { encodeLauncher, findTrailer, requireLauncher } from '../../src/image/launcher-file.ts';
import { operations, planHeader, planOffset, tables } from '../../src/image/plan-layout.ts';
import type { TableName } from '../../src/image/plan-layout.ts';
import { decodeWide, encodeInto, type Structure } from '../../src/util/structure.ts';
import { roundUp } from '../../src/util/units.ts';

/** The end of all that a process may map: the main thread's stack ends there when addresses are not random (setarch -R). */
const addressEnd = 0x7fff_ffff_f000n;

/** The start of a range of so many bytes that is always taken then. */
function occupied(length: bigint): bigint {
  return addressEnd - (length > 0x1_0000n ? length : 0x1_0000n);
}

/** The checksum covers what follows it. */
const checksumEnd = 24;

/** Where an image's tables end in the file. */
export function tablesEnd(image: string): number {
  return planOffset + Number(decodeWide(planHeader, readFileSync(image), planOffset).tables_size);
}

/** Has the plan mapped where the stack is. */
export function occupyPlan(launcher: string): void {
  changeForm(launcher, (form) => ({
    ...form,
    planAddress: Number(occupied(BigInt(roundUp(form.headSize)))),
  }));
}

/** Has one of the image's ranges mapped where the stack is. */
export function occupyStep(launcher: string, image: string, index: number): void {
  changeRow(launcher, image, 'steps', index, (step) => ({ ...step, address: occupied(step.length ?? 0n) }));
}

type Row = Record<string, bigint>;

/** Changes one row of a table of the plan. */
export function changeRow(
  launcher: string,
  image: string,
  table: TableName,
  index: number,
  change: (row: Row) => Row,
): void {
  changePlan(launcher, image, (bytes, plan) => {
    const at = Number(plan[`${table}_offset`]) + index * tables[table].size;
    const row: Row = decodeWide(tables[table], bytes, at);
    encodeInto(tables[table] as Structure, change(row), bytes, at);
    return plan;
  });
}

type Header = ReturnType<typeof decodeWide<typeof planHeader>>;

/** Changes an image's plan: the bytes themselves, and the header that is returned. */
export function changePlan(
  launcher: string,
  image: string,
  change: (bytes: Buffer, plan: Header) => Header,
): void {
  const file = readFileSync(image);
  const bytes = file.subarray(planOffset);
  const plan = change(bytes, decodeWide(planHeader, bytes, 0));
  encodeInto(planHeader, plan, bytes, 0);
  const checksum = planChecksum(bytes.subarray(checksumEnd, Number(plan.tables_size)));
  encodeInto(planHeader, { ...plan, checksum }, bytes, 0);
  writeFileSync(image, file, { flag: 'r+' });
  changeForm(launcher, (form) => ({ ...form, checksum }));
}

/** Has a module where the stack is: the first range of it that is mapped, and what the plan says of it. */
export function occupyModule(launcher: string, image: string): void {
  const file = readFileSync(image);
  const bytes = file.subarray(planOffset);
  const plan = decodeWide(planHeader, bytes, 0);
  for (const index of stepsOnFreeRanges(image)) {
    const at = Number(plan.steps_offset) + index * tables.steps.size;
    const { address, length } = decodeWide(tables.steps, bytes, at);
    for (let row = 0; row < Number(plan.regions_count); row++) {
      const place = Number(plan.regions_offset) + row * tables.regions.size;
      const module = decodeWide(tables.regions, bytes, place);
      // Regions that are no modules have no path.
      if (bytes[Number(module.path)] === 0) continue;
      if (address < module.address || address >= module.address + module.length) continue;
      const moved = { ...module, address: module.address + occupied(length) - address };
      encodeInto(tables.regions, moved, bytes, place);
      writeFileSync(image, file, { flag: 'r+' });
      occupyStep(launcher, image, index);
      return;
    }
  }
  throw new Error('no step maps a module');
}

/** The steps of an image's plan whose range must be free. */
export function stepsOnFreeRanges(image: string): readonly number[] {
  const bytes = readFileSync(image).subarray(planOffset);
  const { steps_offset: start, steps_count: count } = decodeWide(planHeader, bytes, 0);
  const operation = (index: number): bigint =>
    decodeWide(tables.steps, bytes, Number(start) + index * tables.steps.size).operation;
  const needFree = [operations.mapFile, operations.mapZero].map(BigInt);
  return Array.from({ length: Number(count) }, (_, index) => index).filter((index) =>
    needFree.includes(operation(index)),
  );
}

/** Changes what a launcher knows of its image. */
export function changeForm(file: string, change: (form: LauncherForm) => LauncherForm): void {
  changeLauncher(file, (launcher) => ({ ...launcher, forms: launcher.forms.map(change) }));
}

export function changeLauncher(file: string, change: (launcher: Launcher) => Launcher): void {
  const launcher = requireLauncher(readFileSync(file));
  writeFileSync(file, encodeLauncher(change(launcher)), { flag: 'r+' });
}

/** Whether a file has a launcher's trailer. */
export function hasTrailer(file: string): boolean {
  return findTrailer(readFileSync(file)) !== undefined;
}
