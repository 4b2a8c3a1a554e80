/** What `linkonce doctor` says of one thing that it looked at. */
export interface Finding {
  readonly id: string;
  readonly answer: 'yes' | 'limited' | 'no';
  /** What was found. */
  readonly detail: string;
  /** What linkonce needs it for. */
  readonly purpose: string;
  /** What a person can do; empty where nothing is to be done. */
  readonly remedy: string;
  /** Whether nothing can be bound without it. */
  readonly required: boolean;
}

export type Answer = Pick<Finding, 'answer' | 'detail'>;
