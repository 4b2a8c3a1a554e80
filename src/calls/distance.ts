/** Whether a jump's target is within 2 GiB, or some hundred GiB away or more: processors may need longer for the latter. */
export const distances = ['near', 'far'] as const;

export type Distance = (typeof distances)[number];
