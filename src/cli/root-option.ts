/** `--root DIR`, of all commands that have it: before its action the command goes into that root (enter-root.ts). */
import type { Command } from 'commander';

export const rootOption = [
  '--root <dir>',
  'do it in another root folder, as that of an unpacked container image: all paths are those in there',
] as const;

export function hearRoot(program: Command): void {
  program.hook('preAction', async (_, command) => {
    const { root } = command.opts<{ readonly root?: string }>();
    if (root === undefined) return;
    const { enterRoot } = await import('./enter-root.ts');
    enterRoot(root);
  });
}
