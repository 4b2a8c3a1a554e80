/** How full the tables of a hashed dispatcher are for one program. */
export interface EntryUse {
  /** Of all modules, each function once a module. */
  readonly imports: number;
  /** Different ones among these, by name and version. */
  readonly functions: number;
  /** Entries that have a function, and those of all tables that a module has chosen. */
  readonly used: number;
  readonly room: number;
  /** Hashings after the first, since another import of the same module had the entry. */
  readonly againInModule: number;
  /** Since a known dependency had it for another function. */
  readonly againForDependencies: number;
  /** Entries that are several functions': calls go through the separate space, where the return address tells them apart. */
  readonly toldApart: number;
}
