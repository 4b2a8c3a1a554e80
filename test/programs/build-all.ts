/** Before any test file: the test programs are compiled, by one process. Two at once would take libraries from each other. */
import { buildPrograms } from './build.ts';

export default function (): void {
  buildPrograms();
}
