/** The number of a group of users, from its name or from the number itself; undefined where there is no such group. */
import { spawnSync } from 'node:child_process';

/** getent(1) asks all that nsswitch.conf(5) names. */
export function groupNumber(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (text === '' || text.startsWith('-')) return undefined;
  const { error, stdout } = spawnSync('getent', ['group', text], { encoding: 'utf8' });
  if (error) return undefined;
  const [, , number] = stdout.split('\n', 1)[0]?.split(':') ?? [];
  return number === undefined || number === '' ? undefined : Number(number);
}
