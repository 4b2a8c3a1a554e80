/** What a page can be, for people: colours are named after the style's in style.css. */
import type { PageState } from '../../measure/address-space.ts';

export interface StateLook {
  readonly colour: string;
  readonly words: string;
  readonly isPrivate: boolean;
}

/** In the order in which they are stacked and listed. */
export const looks: Readonly<Record<PageState, StateLook>> = {
  linker: {
    colour: 'var(--state-linker)',
    words: 'private: written by the dynamic linker or the loader',
    isPrivate: true,
  },
  'linker and program': {
    colour: 'var(--state-both)',
    words: 'private: written by linker and program',
    isPrivate: true,
  },
  'process words': {
    colour: 'var(--state-words)',
    words: 'private: words that only this process can have',
    isPrivate: true,
  },
  'process words and program': {
    colour: 'var(--state-words-program)',
    words: 'private: such words, and the program’s writes',
    isPrivate: true,
  },
  program: { colour: 'var(--state-program)', words: 'private: written by the program', isPrivate: true },
  unchanged: {
    colour: 'var(--state-unchanged)',
    words: 'private: written, and holds what the file holds',
    isPrivate: true,
  },
  unreadable: {
    colour: 'var(--state-unreadable)',
    words: 'private: could not be read',
    isPrivate: true,
  },
  shared: { colour: 'var(--state-shared)', words: 'shared: of a file, not written', isPrivate: false },
  absent: { colour: 'var(--state-absent)', words: 'not in memory', isPrivate: false },
};

export const states = Object.keys(looks) as readonly PageState[];
