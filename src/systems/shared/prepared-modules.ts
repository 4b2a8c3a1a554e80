/** What most systems say of modules that a program opens: the shared code prepares them wherever no module moves at the start. */
import type { SystemProperties } from '../system.ts';

export const preparedModules: Pick<SystemProperties, 'onDlopen'> = {
  onDlopen: 'recorded modules come relocated to ranges of their own, and call as they were compiled',
};
