/** Serves a folder until it is killed: `serve.mjs MOUNT-POINT FOLDER [READ-AHEAD]`. Says `serving` once it does; SIGTERM ends it. */
import { startServer } from '../../dist/src/fuse/server.js';

const [mountPoint, folder, readAhead = '131072'] = process.argv.slice(2);
const server = await startServer({
  mountPoint,
  module: new URL('mirror-tree.mjs', import.meta.url),
  data: { folder },
  readAhead: Number(readAhead),
  log: (line) => console.error(line),
});
process.once('SIGTERM', () => {
  void server.stop();
});
console.log('serving');
await server.ended;
