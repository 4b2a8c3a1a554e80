/** Where memory comes from that is relocated when it is read. */
export interface Places {
  /** The folder that has them; absolute. */
  readonly path: string;
  /** The folder of the files at rest. */
  readonly files: string;
  readonly count: number;
  /** Whether groups of processes begin with different ones. */
  readonly byGroup: boolean;
}
