/** `linkonce pagein …`: serves the places from which programs of `rebase-page-in` take their memory. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Places } from '../image/places.ts';
import type { PlacesStatus } from '../pagein/status.ts';
import { LinkonceError } from '../util/errors.ts';

interface PageinOptions {
  readonly store?: string;
  readonly foreground?: boolean;
  readonly json?: boolean;
}

export function registerPagein(program: Command): void {
  const pagein = program
    .command('pagein')
    .summary('serve the memory of programs that are relocated on page-in')
    .description(
      'Serve the places of a store, or of what `bind --system rebase-page-in` wrote. Without a server these programs run ' +
        "through the platform's linker.",
    );
  const folder = ['[folder]', 'NAME.files, as bind wrote it (default: the store)'] as const;
  const store = ['--store <dir>', "the store (default: root's, or the user's own)"] as const;
  pagein
    .command('start')
    .summary('begin to serve')
    .argument(...folder)
    .option(...store)
    .option('--foreground', 'stay, and end with the server: for systemd')
    .action(start);
  pagein
    .command('stop')
    .summary('take the places away; processes that use them go on')
    .argument(...folder)
    .option(...store)
    .action(stop);
  pagein
    .command('status')
    .summary('show what was served')
    .argument(...folder)
    .option(...store)
    .option('--json', 'print JSON')
    .action(status);
}

/** Throws LinkonceError where the folder has no files that places could show. */
async function findPlaces(folder: string | undefined, { store }: PageinOptions): Promise<Places> {
  const { placeCount, placesName } = await import('../files/places-name.ts');
  const { defaultStore, isStore, shownPlaces } = await import('../store/folder.ts');
  const home = path.resolve(folder ?? store ?? defaultStore());
  if (!existsSync(home))
    throw new LinkonceError(
      `${home}: is not there; \`store add --system rebase-page-in\` makes a store, \`bind\` a folder`,
    );
  const shown = isStore(home) ? shownPlaces(home) : { path: path.join(home, placesName), files: home };
  return { ...shown, count: placeCount, byGroup: false };
}

async function start(folder: string | undefined, options: PageinOptions): Promise<void> {
  const places = await findPlaces(folder, options);
  if (options.foreground) return serve(places);
  await startBehind(path.dirname(places.path));
}

/** Serves until it is told to end, or the places are taken away and nobody uses them any more. */
async function serve(places: Places): Promise<void> {
  const { servePlaces } = await import('../pagein/serve-places.ts');
  const { describePlaces, offerStatus } = await import('../pagein/status.ts');
  const served = await servePlaces(places, (line) => process.stderr.write(`linkonce: ${line}\n`));
  const socket = await offerStatus(places.path, () => describePlaces(served));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      served.server.detach();
    });
  process.send?.('ready');
  if (process.connected) process.disconnect();
  await served.server.ended;
  socket.close();
}

/** The same in a process of its own, which this one waits for until it serves. */
function startBehind(home: string): Promise<void> {
  const [program = process.execPath, main = ''] = process.argv;
  const child = spawn(program, [main, 'pagein', 'start', '--foreground', home], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text));
  return new Promise((resolve, reject) => {
    child.once('message', () => {
      child.stderr?.destroy();
      child.disconnect();
      child.unref();
      resolve();
    });
    child.once('error', reject);
    child.once('close', () => {
      reject(new LinkonceError(words.replace(/^linkonce: /, '').trim() || 'the server ended at once'));
    });
  });
}

async function stop(folder: string | undefined, options: PageinOptions): Promise<void> {
  const places = await findPlaces(folder, options);
  const { hungProcess, placesState } = await import('../pagein/places-state.ts');
  const { detach } = await import('../fuse/mount.ts');
  const hung = hungProcess(places.path);
  if (hung === undefined && placesState(places.path) !== 'live')
    throw new LinkonceError(`${path.dirname(places.path)}: nobody serves its places`);
  detach(places.path);
  // It cannot hear that it is not needed any more.
  if (hung !== undefined)
    process.stderr.write(
      `linkonce: process ${String(hung)} served them, and hangs: what waits for it ends with it\n`,
    );
}

async function status(folder: string | undefined, options: PageinOptions): Promise<void> {
  const places = await findPlaces(folder, options);
  const { askStatus } = await import('../pagein/status.ts');
  const answer = await askStatus(places.path);
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : statusText(answer));
}

function statusText({
  pid,
  places,
  reads,
  failures,
  readTime,
  restingBytes,
  plainBytes,
}: PlacesStatus): string {
  const ratio = (plainBytes / Math.max(restingBytes, 1)).toFixed(1);
  const rows = places.map(
    ({ slide, pages, relocations, decompressed, cached }, place) =>
      `  place ${String(place)}  slide ${slide.padEnd(14)}  ${String(pages)} pages, ${String(relocations)} relocations; ` +
      `${String(decompressed)} chunks decompressed, ${String(cached)} cache hits\n`,
  );
  return [
    `served by process ${String(pid)}: ${String(reads)} page-ins, ${String(failures)} failed; `,
    `median ${readTime.median.toFixed(0)} µs, 99 % within ${readTime.p99.toFixed(0)} µs\n`,
    `at rest ${kb(restingBytes)} for ${kb(plainBytes)}: ${ratio} times smaller\n`,
    ...rows,
  ].join('');
}

function kb(bytes: number): string {
  return `${String(Math.round(bytes / 1024))} kB`;
}
