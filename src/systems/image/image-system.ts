/**
 * Solution 1 of the seed: one image file with the code and data of all modules of a program, mapped in a few operations.
 * Everything that the dynamic linker computed is in it; a process writes the few words that are its own.
 */
import { readFileSync } from 'node:fs';
import { baseBits, drawBase } from '../../capture/placement.ts';
import { composeImage, placeMemory } from '../../image/compose-image.ts';
import { ownImage } from '../../image/filing.ts';
import type { Protections } from '../../image/pieces.ts';
import { writeImage } from '../../image/write-image.ts';
import { packedLayout } from '../../provenance/layout.ts';
import { Refusal } from '../../util/errors.ts';
import { nativePart } from '../../util/native.ts';
import type { System } from '../system.ts';

const protectionsOf: Readonly<Record<string, Protections>> = { single: 'exact', merged: 'merged' };

export const image: System = {
  id: 'image',
  seed: 'solution 1',
  summary: 'one image file with the code and data of all modules, bound and relocated',
  properties: {
    placement: 'all modules in their order without gaps, at a base drawn at bind',
    shared: 'code, read-only data, relocated data and GOT until the program writes to them',
    private: 'pages with words of the process itself (stack pointer, canary, vdso, …): a handful',
    work: {
      mapping: 'start-up: one call for each run of modules, one for each change of protection',
      relocation: 'bind',
      binding: 'bind',
    },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    aslr: { bits: baseBits, drawn: 'bind' },
  },
  variants: [
    { id: 'single', summary: 'one program, one image file; every range protected as under ld.so' },
    { id: 'merged', summary: 'the same; read-only data and code of a module are one executable range' },
  ],
  async build(subject, { output, asInterpreter, variant }) {
    const protections = protectionsOf[variant];
    if (!protections) throw new Refusal(`image has no variant ${variant}`);
    const explained = await subject.explained();
    const base = drawBase();
    const placement = { layout: packedLayout(explained, base), headEnd: base, protections };
    const placed = placeMemory(explained, placement, readFileSync(nativePart('loader.bin')));
    const composed = composeImage(placed, ownImage);
    return writeImage(placed, composed, { output, imagePath: `${output}.image`, asInterpreter });
  },
};
