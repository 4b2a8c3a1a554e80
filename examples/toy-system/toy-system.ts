/** A toy: every module begins a block of 32 MiB of its own, so that the upper bits of an address say whose it is. */
import { baseBits } from '../../src/capture/placement.ts';
import type { Arrangement } from '../../src/ranges/arrangement.ts';
import { drawnForStore } from '../../src/systems/shared/randomness.ts';
import { codeInCopies } from '../../src/systems/shared/sights.ts';
import type { System } from '../../src/systems/system.ts';
import { stubbed } from './toy-calls.ts';

const blockSize = 0x200_0000;
/** A base is one of 2 MiB (capture/placement.ts): blocks lose these bits of it. */
const lostBits = Math.log2(blockSize / 0x20_0000);

const blocks: Arrangement = {
  protections: 'merged',
  files: 'module',
  codeFromModules: false,
  addresses: 'unique',
  growth: 0,
  block: blockSize,
  fixedBase: false,
  onCollision: 'hand-over',
};

const randomness = drawnForStore(baseBits - lostBits);

export const toy: System = {
  id: 'toy',
  seed: 'no number',
  summary: 'every module begins a block of 32 MiB of its own',
  properties: {
    placement:
      'each module at the beginning of a block of 32 MiB, longer ones over several; refused where the window has no more of them',
    shared: 'everything of the relocated copies, between all programs of the store',
    private: 'pages with words of the process itself',
    work: { mapping: 'start-up, module by module', relocation: 'bind', binding: 'bind' },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
    onDlopen: 'recorded modules come relocated to ranges of their own, and call as they were compiled',
  },
  variants: [
    {
      id: 'plain',
      summary: 'modules call each other as they were compiled',
      arrangement: blocks,
      randomness,
      seenBy: codeInCopies,
    },
    {
      id: 'stubs',
      summary: 'a stub for each import names its target',
      arrangement: { ...blocks, calls: stubbed },
      randomness,
      seenBy: codeInCopies,
    },
  ],
};
