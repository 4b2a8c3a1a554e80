/** `linkonce model …`: what can be said without building or measuring anything. Each subcommand has a file in `model/`. */
import type { Command } from 'commander';
import { registerAddress } from './model/address.ts';
import { registerAslr } from './model/aslr.ts';
import { registerCollision } from './model/collision.ts';
import { registerCost } from './model/cost.ts';
import { registerSaturation } from './model/saturation.ts';

export function registerModel(program: Command): void {
  const model = program
    .command('model')
    .summary('compute collisions, saturation, costs and address formats on paper')
    .description(
      'Compute on paper: how likely names collide, how a hashed dispatcher fills up, what processes of many modules cost under ' +
        'each system, what random addresses cost, and how addresses are made. docs/models.md says what each was judged by.',
    );
  for (const register of [registerAddress, registerAslr, registerCollision, registerCost, registerSaturation])
    register(model);
}
