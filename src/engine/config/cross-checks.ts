import picomatch from 'picomatch'
import { deviceIdOf } from '../../core/ids.ts'
import { isUrl } from './complete.ts'
import type { Config } from './config.ts'
import type { Path } from './paths.ts'
import type { Problem } from './problems.ts'

/** What no single option can say: the relations between them. */
export function crossCheck(config: Config): Problem[] {
  return [
    ...listening(config),
    ...pipeline(config),
    ...rings(config),
    ...pool(config),
    ...counts(config),
  ].concat(
    [...names(config.regions, 'regions'), ...names(config.devices, 'devices'), ...tokens(config)],
    [...regionNames(config), ...globs(config), ...positions(config), ...deviceIds(config)],
  )
}

function* listening({ listeners, port, server }: Config): Generator<Problem> {
  if (listeners === 1) return
  if (port === 0)
    yield {
      path: ['port'],
      message: `0 is not allowed with ${listeners} listeners; they share one port, so name it`,
    }
  if (server === 'ws')
    yield {
      path: ['server'],
      message: '"ws" is not allowed with several listeners; only uWebSockets.js shares a port',
    }
}

function* pipeline({ pipeline }: Config): Generator<Problem> {
  if (pipeline === null || /^(file|data):/i.test(pipeline) || !isUrl(pipeline)) return
  yield {
    path: ['pipeline'],
    message: `${JSON.stringify(pipeline)} is not allowed; give a path, or a URL starting with file: or data:`,
  }
}

function* rings({ limits: { ringBytes, frameBytes } }: Config): Generator<Problem> {
  if (ringBytes > 2 * frameBytes) return
  yield {
    path: ['limits', 'ringBytes'],
    message: `${ringBytes} is not allowed; give more than two frames, 2 × ${frameBytes} (limits.frameBytes)`,
  }
}

function* pool({ pool: { min, max, size } }: Config): Generator<Problem> {
  if (min > max)
    yield { path: ['pool', 'min'], message: `${min} is not allowed; give at most pool.max, ${max}` }
  if (size < min || size > max)
    yield {
      path: ['pool', 'size'],
      message: `${size} is not allowed; give a number from pool.min to pool.max, ${min} to ${max}`,
    }
}

function* counts({ devices, metrics, limits }: Config): Generator<Problem> {
  if (devices.length > limits.devices)
    yield {
      path: ['devices'],
      message: `${devices.length} devices, but limits.devices allows ${limits.devices}`,
    }
  const named = Object.keys(metrics).filter((metric) => metric !== 'value').length + 1
  if (named > limits.metrics)
    yield {
      path: ['metrics'],
      message: `${named} metrics with \`value\`, but limits.metrics allows ${limits.metrics}`,
    }
}

function* names(entries: readonly { name: string }[], list: string): Generator<Problem> {
  const seen = new Set<string>()
  for (const [i, { name }] of entries.entries()) {
    if (seen.has(name))
      yield {
        path: [list, i, 'name'],
        message: `${JSON.stringify(name)} is there already; give each its own name`,
      }
    seen.add(name)
  }
}

function* tokens({ auth }: Config): Generator<Problem> {
  const holders = new Map<string, string>()
  for (const [i, { sha256, name }] of auth.tokens.entries()) {
    const holder = holders.get(sha256)
    if (holder !== undefined)
      yield {
        path: ['auth', 'tokens', i],
        message: `the same token as that of ${JSON.stringify(holder)}; give each entry its own`,
      }
    holders.set(sha256, name)
  }
}

function* regionNames({ devices, regions, rules }: Config): Generator<Problem> {
  const known = new Set(['', ...regions.map(({ name }) => name)])
  const unknown = (path: Path, region = ''): Problem[] =>
    known.has(region)
      ? []
      : [
          {
            path,
            message: `no region is called ${JSON.stringify(region)}; give one of ${[...known].slice(1).join(', ')}`,
          },
        ]
  for (const [i, { region }] of rules.entries()) yield* unknown(['rules', i, 'region'], region)
  for (const [i, { region }] of devices.entries()) yield* unknown(['devices', i, 'region'], region)
}

function* globs({ rules }: Config): Generator<Problem> {
  for (const [i, { match }] of rules.entries()) {
    try {
      picomatch.makeRe(match, { debug: true })
    } catch (error) {
      yield {
        path: ['rules', i, 'match'],
        message: `${JSON.stringify(match)} is not a glob: ${(error as Error).message}`,
      }
    }
  }
}

function* positions({ devices }: Config): Generator<Problem> {
  for (const [i, { lat = null, lon = null }] of devices.entries()) {
    if ((lat === null) !== (lon === null))
      yield { path: ['devices', i], message: 'half a position; give both lat and lon, or neither' }
  }
}

function* deviceIds({ devices }: Config): Generator<Problem> {
  const holders = new Map<number, string>()
  for (const [i, { name }] of devices.entries()) {
    const id = deviceIdOf(name)
    const holder = holders.get(id) ?? name
    if (holder !== name)
      yield {
        path: ['devices', i, 'name'],
        message: `has the same device id as ${JSON.stringify(holder)}; rename one of them`,
      }
    holders.set(id, name)
  }
}
