import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['dist', 'build', 'coverage', 'node_modules']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // An index that was just checked needs no second check; `noUncheckedIndexedAccess` makes the first one.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Where a miss could become an address, a length or a name: src/util/present.ts.
    files: [
      'calls',
      'image',
      'ranges',
      'files',
      'bind',
      'provenance',
      'systems',
      'capture',
      'machine',
      'store',
      'pages',
    ].map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'MemberExpression[computed=true]',
          'CallExpression[callee.property.name=/^(get|at|find|findLast)$/]',
        ].map((left) => ({
          selector: `LogicalExpression[operator='??']:matches([right.raw=/^(0n?|''|"")$/], [right.operator='-']):has(${left})`,
          message:
            'A miss here is a bug: say so with present() or at(); or give the value a name, where it has a meaning.',
        })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-confusing-void-expression': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
