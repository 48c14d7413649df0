import picomatch from 'picomatch'
import { MillraceError } from '../../core/errors.ts'
import { deviceIdOf } from '../../core/ids.ts'
import { RING_FRAMES } from '../../core/limits.ts'
import { CLIENT_WINDOW } from '../../memory/layout/clients.layout.ts'
import type { RouteOptions } from '../../notifications/options.ts'
import { specOf } from '../maintenance/spec.ts'
import { isUrl } from './complete.ts'
import type { Config } from './config.ts'
import type { Path } from './paths.ts'
import type { Problem } from './problems.ts'

type Check = (config: Config) => Iterable<Problem>

/** What no single option can say: the relations between them. */
export const crossCheck = (config: Config): Problem[] => CHECKS.flatMap((check) => [...check(config)])

const problem = (path: Path, message: string): Problem => ({ path, message })
const not = (path: Path, value: unknown, instead: string): Problem =>
  problem(path, `${JSON.stringify(value)} is not allowed${instead}`)

function* listening({ listeners, port, server, rates }: Config): Generator<Problem> {
  if (listeners === 1) return
  if (port === 0) yield not(['port'], port, ` with ${listeners} listeners; they share one port, so name it`)
  if (server === 'ws')
    yield not(['server'], server, ' with several listeners; only uWebSockets.js shares a port')
  for (const whose of ['address', 'tenant'] as const)
    for (const [option, limit] of Object.entries(rates[whose]))
      if (limit > 0)
        yield not(['rates', whose, option], limit, ' with several listeners; each would count its own')
}

function* pipelineUrl({ pipeline }: Config): Generator<Problem> {
  if (pipeline === null || /^(file|data):/i.test(pipeline) || !isUrl(pipeline)) return
  yield not(['pipeline'], pipeline, '; give a path, or a URL starting with file: or data:')
}

function* pipelineUrls({ pipelines, limits }: Config): Generator<Problem> {
  for (const [index, url] of pipelines.entries())
    if (isUrl(url) && !/^(file|data):/i.test(url))
      yield not(['pipelines', index], url, '; give a path, or a URL starting with file: or data:')
  if (pipelines.length > limits.pipelines)
    yield not(['pipelines'], pipelines.length, ` modules; limits.pipelines is ${limits.pipelines}`)
}

function* ringHoldsFrames({ limits: { ringBytes, frameBytes } }: Config): Generator<Problem> {
  if (ringBytes >= RING_FRAMES * frameBytes) return
  const allowed = `at least ${RING_FRAMES} × ${frameBytes} (limits.frameBytes)`
  yield not(['limits', 'ringBytes'], ringBytes, `; give ${allowed}`)
}

function* poolBounds({ pool: { min, max, size } }: Config): Generator<Problem> {
  if (min > max) yield not(['pool', 'min'], min, `; give at most pool.max, ${max}`)
  else if (size < min || size > max)
    yield not(['pool', 'size'], size, `; give a number from pool.min to pool.max, ${min} to ${max}`)
}

function* scaling({ scaling: { enabled, nodes, pool: policy }, pool }: Config): Generator<Problem> {
  if (nodes !== null && nodes.min > nodes.max)
    yield not(['scaling', 'nodes', 'min'], nodes.min, `; give at most scaling.nodes.max, ${nodes.max}`)
  if (nodes !== null && !enabled)
    yield not(['scaling', 'enabled'], enabled, ' with scaling.nodes; nobody would ask for them')
  const schedules = [
    { of: 'pool', policy, most: pool.max },
    ...(nodes === null ? [] : [{ of: 'nodes', policy: nodes, most: nodes.max }]),
  ]
  for (const { of, policy, most } of schedules)
    for (const [i, { min, max }] of policy.schedule.entries()) {
      const path = ['scaling', of, 'schedule', i]
      if (min !== null && min > most) yield not([...path, 'min'], min, `; the most there can be is ${most}`)
      if (min !== null && max !== null && min > max)
        yield not([...path, 'min'], min, `; give at most its max, ${max}`)
    }
}

function* counts({ devices, metrics, limits }: Config): Generator<Problem> {
  const named = Object.keys(metrics).filter((metric) => metric !== 'value').length + 1
  if (named > limits.metrics)
    yield problem(['metrics'], `${named} with \`value\`, but limits.metrics allows ${limits.metrics}`)
  if (devices.length > limits.devices)
    yield problem(['devices'], `${devices.length} entries, but limits.devices allows ${limits.devices}`)
}

/**
 * No two entries of a list may agree in what `keyOf` gives; `message` gets the later entry and the earlier's
 * name.
 */
function* distinct<T extends { name: string }>(
  list: readonly T[],
  pathOf: (index: number) => Path,
  keyOf: (entry: T) => unknown,
  message: (entry: T, earlier: string) => string,
): Generator<Problem> {
  const names = new Map<unknown, string>()
  for (const [i, entry] of list.entries()) {
    const earlier = names.get(keyOf(entry))
    if (earlier !== undefined) yield problem(pathOf(i), message(entry, earlier))
    names.set(keyOf(entry), entry.name)
  }
}

const taken = ({ name }: { name: string }): string => `"${name}" is there already; give each its own name`

const regionNames: Check = ({ regions }) =>
  distinct(
    regions,
    (i) => ['regions', i, 'name'],
    ({ name }) => name,
    taken,
  )

/** One name has one id, but one id can have two names. */
const deviceIds: Check = ({ devices }) =>
  distinct(
    devices,
    (i) => ['devices', i, 'name'],
    ({ name }) => deviceIdOf(name),
    (device, earlier) =>
      device.name === earlier ? taken(device) : `has the same device id as "${earlier}"; rename one of them`,
  )

const correlationNames: Check = ({ incidents }) =>
  distinct(
    incidents.correlations,
    (i) => ['incidents', 'correlations', i, 'name'],
    ({ name }) => name,
    taken,
  )

const escalationNames: Check = ({ escalation }) =>
  distinct(
    escalation.rules,
    (i) => ['escalation', 'rules', i, 'name'],
    ({ name }) => name,
    taken,
  )

/** Without it an anomaly would raise the whole fleet. */
function* escalationAim({ escalation }: Config): Generator<Problem> {
  for (const [i, { near, by }] of escalation.rules.entries())
    if (near === 0 && by.length === 0)
      yield problem(['escalation', 'rules', i], 'raises nobody in particular; give near or by')
}

const tokenHashes: Check = ({ auth }) =>
  distinct(
    auth.tokens,
    (i) => ['auth', 'tokens', i],
    ({ sha256 }) => sha256,
    (_, earlier) => `the same token as that of "${earlier}"; give each entry its own`,
  )

function* regionReferences({ devices, regions, rules }: Config): Generator<Problem> {
  const known = regions.map(({ name }) => name)
  const check = (list: string, i: number, region = ''): Problem[] => {
    if (region === '' || known.includes(region)) return []
    return [problem([list, i, 'region'], `no region is called "${region}"; give one of ${known.join(', ')}`)]
  }
  for (const [i, { region }] of rules.entries()) yield* check('rules', i, region)
  for (const [i, { region }] of devices.entries()) yield* check('devices', i, region)
}

/** Left to itself, picomatch takes a glob it can't read for one that matches nothing. */
function* globs({ rules }: Config): Generator<Problem> {
  for (const [i, { match }] of rules.entries()) {
    try {
      picomatch.makeRe(match, { debug: true, dot: true, windows: false })
    } catch (error) {
      yield problem(['rules', i, 'match'], `"${match}" is not a glob: ${(error as Error).message}`)
    }
  }
}

function* positions({ devices }: Config): Generator<Problem> {
  for (const [i, { lat = null, lon = null }] of devices.entries()) {
    if ((lat === null) !== (lon === null))
      yield problem(['devices', i], 'half a position; give both lat and lon, or neither')
  }
}

function* alerts({ alerts: { flapping, escalations } }: Config): Generator<Problem> {
  const { changes, calmChanges } = flapping
  if (changes > 0 && calmChanges >= changes)
    yield not(
      ['alerts', 'flapping', 'calmChanges'],
      calmChanges,
      `; give fewer than alerts.flapping.changes, ${changes}`,
    )
  for (const [i, { steps }] of escalations.entries())
    for (let step = 1; step < steps.length; step++)
      if (steps[step].afterMs <= steps[step - 1].afterMs)
        yield not(
          ['alerts', 'escalations', i, 'steps', step, 'afterMs'],
          steps[step].afterMs,
          `; give more than that of the step before, ${steps[step - 1].afterMs}`,
        )
}

function* durable({ durability, dataDir, limits }: Config): Generator<Problem> {
  if (durability === 'memory') {
    if (dataDir !== null) yield not(['dataDir'], dataDir, ' with durability `memory`, which keeps nothing')
    return
  }
  if (dataDir === null) yield not(['dataDir'], dataDir, ' with durability `journal`; name a folder')
  if (limits.framesInFlight > CLIENT_WINDOW) {
    const why = ` with durability \`journal\`, which recognises the last ${CLIENT_WINDOW} frames of a client`
    yield not(['limits', 'framesInFlight'], limits.framesInFlight, why)
  }
}

const receiverNames: Check = ({ notifications }) =>
  distinct(
    notifications.receivers,
    (i) => ['notifications', 'receivers', i, 'name'],
    ({ name }) => name,
    taken,
  )

function* receiverReferences({ notifications }: Config): Generator<Problem> {
  const known = notifications.receivers.map(({ name }) => name)
  const check = function* (
    { receiver, routes }: { receiver?: string | null | undefined; routes: readonly RouteOptions[] },
    path: Path,
  ): Generator<Problem> {
    if (typeof receiver === 'string' && !known.includes(receiver)) {
      const instead = known.length === 0 ? 'there are none' : `give one of ${known.join(', ')}`
      yield problem([...path, 'receiver'], `no receiver is called "${receiver}"; ${instead}`)
    }
    for (const [i, route] of routes.entries()) yield* check(route, [...path, 'routes', i])
  }
  yield* check(notifications, ['notifications'])
}

const jobNames: Check = ({ maintenance }) =>
  distinct(
    maintenance.jobs,
    (i) => ['maintenance', 'jobs', i, 'name'],
    ({ name }) => name,
    taken,
  )

const hookNames: Check = ({ maintenance }) =>
  distinct(
    maintenance.hooks,
    (i) => ['maintenance', 'hooks', i, 'name'],
    ({ name }) => name,
    taken,
  )

function* maintenanceJobs({ maintenance: { jobs, hooks } }: Config): Generator<Problem> {
  const known = hooks.map(({ name }) => name)
  for (const [i, job] of jobs.entries()) {
    const path = ['maintenance', 'jobs', i]
    if (job.hook !== '' && !known.includes(job.hook)) {
      const instead = known.length === 0 ? 'there are none' : `give one of ${known.join(', ')}`
      yield problem([...path, 'hook'], `no hook is called "${job.hook}"; ${instead}`)
    }
    for (const other of job.dependsOn)
      if (!jobs.slice(0, i).some(({ name }) => name === other))
        yield problem([...path, 'dependsOn'], `no job before this one is called "${other}"`)
    yield* asProblem(path, () => specOf(job))
  }
}

/** What it throws is a problem of this path. */
function asProblem(path: Path, act: () => unknown): Problem[] {
  try {
    act()
    return []
  } catch (error) {
    if (error instanceof MillraceError) return [problem(path, error.message)]
    throw error
  }
}

const CHECKS: readonly Check[] = [
  ...[listening, durable, pipelineUrl, pipelineUrls, ringHoldsFrames, poolBounds, scaling, counts],
  ...[correlationNames, escalationNames, escalationAim],
  ...[regionNames, deviceIds, tokenHashes, regionReferences, globs, positions, alerts],
  ...[receiverNames, receiverReferences],
  ...[jobNames, hookNames, maintenanceJobs],
]
