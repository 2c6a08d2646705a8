import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** The layers of docs/architecture.md, top down: what each one may not import. */
const LAYERS = [
  { folder: 'core', forbidden: ['ports', 'engine', 'sources', 'adapters', 'sample', 'host', 'webview'] },
  { folder: 'ports', forbidden: ['engine', 'sources', 'adapters', 'sample', 'host', 'webview'] },
  { folder: 'engine', forbidden: ['sources', 'adapters', 'sample', 'host', 'webview'] },
  { folder: 'adapters', forbidden: ['engine', 'sources', 'sample', 'host', 'webview'] },
  { folder: 'sources', forbidden: ['adapters', 'sample', 'host', 'webview'] },
  { folder: 'sample', forbidden: ['engine', 'sources', 'host', 'webview'] },
  // What runs in a page: it gets everything by message.
  { folder: 'webview', forbidden: ['ports', 'engine', 'sources', 'adapters', 'sample', 'host'] },
];

/** What is passed in below the host: nothing there reaches for it. */
const PASSED_IN = {
  'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'performance'],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Time is passed in.' },
    { object: 'Math', property: 'random', message: 'Chance is passed in.' },
  ],
};

const NAMED_EXPORTS = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that holds it.' },
  { selector: 'ExportNamedDeclaration[source]', message: 'No barrels: import from the file that holds it.' },
];

/** What is not one literal is not found by the tool that collects texts. */
const WHOLE_TEXTS = {
  selector:
    'CallExpression[callee.object.name="l10n"][callee.property.name="t"]:not([arguments.0.type=/^(Literal|ObjectExpression)$/])',
  message: 'A text is one literal.',
};

const layerRules = LAYERS.map(({ folder, forbidden }) => ({
  files: [`src/${folder}/**`],
  rules: {
    ...(['core', 'ports', 'engine', 'sources'].includes(folder) ? PASSED_IN : {}),
    'no-restricted-syntax': [
      'error',
      ...NAMED_EXPORTS,
      WHOLE_TEXTS,
      // What is loaded late is under the same rule as what is loaded at once.
      ...(['core', 'ports', 'engine', 'sources'].includes(folder)
        ? [{ selector: 'ImportExpression', message: 'Nothing is loaded late in this layer.' }]
        : [
            {
              selector: `ImportExpression[source.value=/^vscode$|\\/(${forbidden.join('|')})\\//]`,
              message: 'Imports point down only.',
            },
          ]),
    ],
    'no-restricted-imports': [
      'error',
      {
        paths: [{ name: 'vscode', message: 'Only the host layer knows VS Code.' }],
        patterns: [
          ...(folder === 'adapters' || folder === 'sample'
            ? []
            : [
                { group: ['@duckdb/*', '@google-cloud/*', 'google-auth-library'], message: 'Adapters only.' },
              ]),
          ...(folder === 'core'
            ? [{ regex: String.raw`^(?!\./|@vscode/l10n$)`, message: 'The core imports nothing else.' }]
            : []),
          {
            group: [...forbidden.map((name) => `**/${name}/**`), '**/extension.ts'],
            message: 'Imports point down only.',
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', '.build/', 'reports/', 'node_modules/', 'test/host/install/node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-syntax': ['error', ...NAMED_EXPORTS, WHOLE_TEXTS],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [] }] },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', require: 'readonly', exports: 'writable' },
    },
  },
  ...layerRules,
  {
    files: ['src/webview/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write'].map((property) => ({
          property,
          message: 'What is shown is text: it is never read as HTML.',
        })),
      ],
    },
  },
  {
    files: ['src/host/**/*.ts', 'src/extension.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '/webview/(?!.*Messages\\.ts$)', message: 'Of a page only its messages.' }] },
      ],
    },
  },
  prettier,
);
