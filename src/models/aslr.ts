/**
 * Random addresses against sharing. What the linker writes depends on where modules are, so that processes share it only where their
 * modules are at the same addresses; and who learns the addresses of one process knows those of all with the same layout.
 *
 * H. Shacham et al., On the Effectiveness of Address-Space Randomization, CCS 2004, has the guesses.
 */

/** How often addresses are drawn; `store`: once for a store, or for a launcher that stands for itself. */
export type Drawn = 'process' | 'boot' | 'store' | 'never';

/** How random addresses are, and when they are drawn. */
export interface LayoutSettings {
  /** Random bits of an address. */
  readonly bits: number;
  readonly drawn: Drawn;
  /** Functions can be called, or their addresses read, at constant addresses. */
  readonly isCalled?: boolean;
  readonly isRead?: boolean;
  /** Alive at once on one machine, of one program. */
  readonly processes: number;
  /** kB that the linker writes in a process. */
  readonly relocatedKb: number;
}

/** What addresses that are drawn so often are worth against guesses, and what they cost. */
export interface LayoutCost {
  /** Expected number of different layouts among the processes. */
  readonly layouts: number;
  /** Expected guesses until an address is found. */
  readonly guesses: number;
  /** The same until a function of another module is called, by whoever chooses where a process jumps. */
  readonly toCall: number;
  /** The same until a word is read that tells where code is, by whoever chooses what a process reads. */
  readonly toRead: number;
  /** The part of all processes, from 0 to 1, whose addresses are known once those of one are. */
  readonly exposed: number;
  /** Of all processes, kB: what the linker wrote, as often as it cannot be shared. */
  readonly memoryKb: number;
}

/** Exact, for layouts that are drawn uniformly. */
export function layoutCost(settings: LayoutSettings): LayoutCost {
  const { bits, drawn, isCalled = false, isRead = false, processes, relocatedKb } = settings;
  const isOwn = drawn === 'process';
  const layouts = isOwn ? distinctLayouts(bits, processes) : Math.min(1, processes);
  const guesses = expectedGuesses(drawn === 'never' ? 0 : bits, isOwn);
  return {
    layouts,
    ...{ guesses, toCall: isCalled ? 1 : guesses, toRead: isRead ? 1 : guesses },
    exposed: isOwn ? exposedPart(bits, processes) : 1,
    // Two processes that draw the same do not share either: each has relocated for itself.
    memoryKb: relocatedKb * (isOwn ? processes : layouts),
  };
}

/** Expected number of different values in so many draws from 2^bits: m·(1 − (1 − 1/m)ⁿ). */
export function distinctLayouts(bits: number, draws: number): number {
  const values = 2 ** bits;
  if (values === 1) return Math.min(1, draws);
  return 0 - values * Math.expm1(draws * Math.log1p(-1 / values));
}

/** A layout that stays is searched, (m + 1)/2; one that each process draws anew is hit by chance, m. */
function expectedGuesses(bits: number, isRedrawn: boolean): number {
  return isRedrawn ? 2 ** bits : (2 ** bits + 1) / 2;
}

/** The process itself, and of the others those that drew the same. */
function exposedPart(bits: number, processes: number): number {
  return (1 + (processes - 1) / 2 ** bits) / processes;
}

/**
 * Groups of processes, each with a layout of its own that its processes share: the way between. As places of rebase-page-in:group
 * are, and one bind for each user.
 */
export function groupedCost(settings: Omit<LayoutSettings, 'drawn'>, groups: number): LayoutCost {
  const { bits, processes, relocatedKb } = settings;
  const layouts = distinctLayouts(bits, Math.min(groups, processes));
  const guesses = expectedGuesses(bits, false);
  return {
    layouts,
    ...{ guesses, toCall: guesses, toRead: guesses },
    exposed: Math.min(1, 1 / layouts),
    memoryKb: relocatedKb * layouts,
  };
}
