/**
 * The layers of ARCHITECTURE.md as a check. A folder imports from itself, from `util/` and from the folders before it
 * in this list; `pipeline.ts` stands on all of them, `cli/` on the pipeline, and nothing on `cli/`.
 *
 * `image/`, `ranges/` and `files/` stand before `systems/` here: a system states in their words what `bind/` does.
 */
export const layers = [
  'util',
  'fuse',
  'compression',
  'synthetic',
  'machine',
  'elf',
  'program',
  'capture',
  'provenance',
  'image',
  'calls',
  'ranges',
  'files',
  'bind',
  'models',
  'pagein',
  'systems',
  'store',
  'pages',
  'tools',
  'measure',
  'report',
  'doctor',
];

const order = layers.map((layer, place) => ({
  name: `layer-${layer}`,
  comment: `${layer}/ imports only from ${['itself', ...layers.slice(0, place)].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: layers.slice(0, place + 1).map((below) => `^src/${below}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...order,
    {
      name: 'systems-apart',
      comment: 'A system never imports another; what two share gets a name and a home outside them.',
      severity: 'error',
      from: { path: '^src/systems/([^/]+)/' },
      to: { path: '^src/systems/[^/]+/', pathNot: ['^src/systems/$1/', '^src/systems/shared/'] },
    },
    {
      name: 'cli-on-top',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-cycles',
      comment: 'Of types neither: two files that need each other are one, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency',
      comment: 'What users run needs only `dependencies`; the report page is bundled when it is built.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/report/page/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json', '.node'],
      conditionNames: ['import', 'types'],
    },
  },
};
