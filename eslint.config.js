import tseslint from 'typescript-eslint'

/** Words whose only home is core/ (time, chance) or memory/ (atomics): what to use instead. */
const ambient = [
  ['Date', 'now', 'Take a Clock from core/clock as an argument.'],
  ['performance', 'now', 'Take a Clock from core/clock as an argument.'],
  ['Math', 'random', 'Take a Random from core/random as an argument.'],
].map(([object, property, message]) => ({ object, property, message }))

const atomics = {
  selector: "MemberExpression[object.name='Atomics']",
  message: 'Use the named calls of memory/atomics (publishCursor, observeCursor, …).',
}

export default tseslint.config(
  { ignores: ['dist', 'lib', 'build', 'coverage', 'src/core/generated', 'asm', 'test/**/fixtures'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/**'],
    rules: { 'no-restricted-properties': ['error', ...ambient] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/**', 'src/memory/**'],
    rules: { 'no-restricted-syntax': ['error', atomics] },
  },
  // a hook of a module that tests share holds for the first file alone that imports it: see test/endings.ts
  {
    files: ['test/**/*.ts'],
    ignores: ['test/**/*.test.ts', 'test/setup.ts', 'test/storage/disk/conformance.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'vitest',
          importNames: ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'],
          message: 'Use endEachTest and endEachFile of test/endings.ts.',
        },
      ],
    },
  },
  // what is checked there is types: values are there to have one
  { files: ['test/**/types.test.ts'], rules: { '@typescript-eslint/no-unused-vars': 'off' } },
  { files: ['**/*.js', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
)
