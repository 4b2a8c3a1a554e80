/**
 * Serves places until it is killed: `serve.mjs PLACES`, as JSON; with `slides` these, not drawn ones. Sends `serving`, lines of
 * the log, and what was asked for: `counts`, or what an update of a test's own tree gave.
 */
import { startServer } from '../../dist/src/fuse/server.js';
import { newCounters, readCounter } from '../../dist/src/pagein/places-tree.js';
import { servePlaces } from '../../dist/src/pagein/serve-places.js';
import { createBeacon } from '../../dist/src/pagein/beacon.js';

/** @type {{ path: string, files: string, count: number, byGroup: boolean, slides?: string[] }} */
const { slides, ...places } = JSON.parse(process.argv[2] ?? '');
const log = (line) => process.send?.({ line });

/** With slides of the test's choice, by a tree that can be told to have no memory. */
async function serveAt(chosen) {
  const counters = newCounters(chosen.length);
  const beacon = createBeacon(places.path);
  const server = await startServer({
    mountPoint: places.path,
    module: new URL('poor-tree.mjs', import.meta.url),
    data: { files: places.files, slides: chosen, counters, beacon: beacon.file, uid: 0, gid: 0 },
    readAhead: 0,
    log,
  });
  beacon.show();
  const counts = () =>
    chosen.map((slide, place) => ({
      slide,
      pages: readCounter(counters, place, 'pages'),
      relocations: readCounter(counters, place, 'relocations'),
    }));
  return { server, counts };
}

const served = await (slides ? serveAt(slides.map(BigInt)) : servePlaces(places, log));
process.on('message', async (message) => {
  if (message === 'counts') process.send?.({ counts: served.counts() });
  else process.send?.({ updated: await served.server.update(message, {}) });
});
process.once('SIGTERM', () => void served.server.stop());
process.send?.('serving');
await served.server.ended;
process.disconnect?.();
