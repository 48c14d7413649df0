// Imports point down only; equals meet through small interfaces in core/ (see docs/architecture.md).
const data = '^src/(ingest|routing|scheduling|pipelines|storage)/'
const control =
  '^src/(scaling|reservations|regions|devices|alerts|incidents|rules|enrichment|cluster|observability|security|sinks)/'
const above = (...folders) => `^src/(${folders.join('|')})(/|\\.)`
const rule = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } })
/** Folders of one level; `level` has them in its first group. */
const equals = (name, level) => ({
  name: `equals-do-not-import-each-other-${name}`,
  severity: 'error',
  from: { path: level },
  to: { path: level, pathNot: '^src/$1/' },
})
const top = ['client', 'load', 'cli', 'index']

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    rule('core-imports-nothing', '^src/core/', '^src/(?!core/)'),
    rule('memory-imports-core', '^src/memory/', '^src/(?!core/|memory/)'),
    rule('kernels-import-memory', '^src/kernels/', '^src/(?!core/|memory/|kernels/)'),
    rule('data-plane-below-control-plane', data, control),
    rule(
      'data-plane-below-engine',
      data,
      above('notifications', 'engine', 'simulation', 'history', 'testing', ...top),
    ),
    rule('control-plane-below-notifications', control, above('notifications')),
    rule('notifications-below-engine', '^src/notifications/', above('engine', 'simulation', ...top)),
    rule('control-plane-below-engine', control, above('engine', 'simulation', 'history', 'testing', ...top)),
    rule('engine-below-top', '^src/engine/', above('simulation', 'history', 'testing', ...top)),
    rule('history-and-testing-below-top', '^src/(history|testing)/', above(...top)),
    // it runs in browsers, too, and is small
    rule('client-imports-core', '^src/client/', '^src/(?!core/|client/)'),
    rule(
      'client-without-node',
      '^src/client/(?!node\\.ts|folder/)',
      '^src/client/(node\\.ts|folder/)|^(node:)?(fs|path|crypto|zlib|net|tls|http)$|node_modules/ws/',
    ),
    rule('no-client-below-load', '^src/(?!client/|load/)', '^src/client/'),
    equals('data', data),
    equals('control', control),
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
