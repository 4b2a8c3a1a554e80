/** `npm run man`: writes the manual page, docs/man/linkonce.1, from the commands of the built command line. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packageRoot = new URL('..', import.meta.url);
const built = (path) => import(new URL(`dist/src/${path}`, packageRoot).href);
const { createProgram } = await built('cli/program.js');
const { packageVersion } = await built('util/native.js');
const { toolFacts } = await built('cli/command-facts.js');
const { manualPage } = await built('cli/manual/manual-page.js');
const { systems } = await built('systems/registry.js');

const page = manualPage({ root: toolFacts(createProgram()), systems, version: packageVersion() });
mkdirSync(new URL('docs/man/', packageRoot), { recursive: true });
writeFileSync(fileURLToPath(new URL('docs/man/linkonce.1', packageRoot)), page);
