/** Programs of given shapes, as the dispatcher sees them, to ask how deep they may be. */
import type { Importer } from './saturation.ts';
import { sharedEntries } from './saturation.ts';

export const treeShapes = ['chain', 'tree', 'star'] as const;

/** Modules that use one another in a tree. */
export interface TreeDescription {
  /** Each module needs one more, several more of its own, or the executable needs all. */
  readonly shape: (typeof treeShapes)[number];
  /** Of a tree: how many modules each needs. Of a star: how many are added with each step of depth. */
  readonly fanOut: number;
  readonly importsOfModule: number;
}

/** How full a dispatcher's tables are at one depth of the tree. */
export interface TreeSaturation {
  /** Steps from the executable to the furthest module. */
  readonly depth: number;
  readonly modules: number;
  /** Of the executable. */
  readonly directImports: number;
  /** Of all that it needs, itself and through others. */
  readonly indirectImports: number;
  /** Part of all imports whose entry has to be told apart by the return address. */
  readonly shared: number;
}

/** For each depth, what the program's dispatcher has to tell apart. */
export function saturationByDepth(
  tree: TreeDescription,
  depths: readonly number[],
): readonly TreeSaturation[] {
  return depths.map((depth) => {
    const count = modulesAtDepth(tree, depth);
    const modules = Array.from({ length: count }, (): Importer => ({ imports: tree.importsOfModule }));
    return {
      depth,
      modules: count,
      directImports: tree.importsOfModule,
      indirectImports: tree.importsOfModule * (count - 1),
      shared: sharedEntries(modules),
    };
  });
}

function modulesAtDepth({ shape, fanOut }: TreeDescription, depth: number): number {
  switch (shape) {
    case 'chain':
      return depth + 1;
    case 'star':
      return depth * fanOut + 1;
    case 'tree':
      return Array.from({ length: depth + 1 }, (_, level) => fanOut ** level).reduce((a, b) => a + b);
  }
}
