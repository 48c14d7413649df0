/** `millrace maintenance`: plans maintenance on a running engine, looks at it, and reports what comes of it. */
import { Command, InvalidArgumentError } from 'commander'
import { MillraceError } from '../core/errors.ts'
import type { Execution, JobView, WindowView } from '../reservations/maintenance.ts'
import { askEngine, type EngineOptions, withEngine } from './ask-engine.ts'
import type { Terminal } from './terminal.ts'

const PATH = '/v1/maintenance'
const REPORTED = ['SUCCEEDED', 'FAILED', 'REJECTED', 'IN_PROGRESS']

interface AddOptions extends EngineOptions {
  readonly starts: string
  readonly duration: string
  readonly [option: string]: unknown
}

interface ReportOptions extends EngineOptions {
  readonly status: string
  readonly device?: string
  readonly progress?: number
  readonly message?: string
}

export function maintenanceCommand({ terminal }: { readonly terminal: Terminal }): Command {
  const one = (name: string, words: string): Command =>
    withEngine(new Command(name).description(words)).argument('<name>', 'the job')
  return new Command('maintenance')
    .description('plan maintenance: capacity that is set apart, devices in waves, alerts held meanwhile')
    .addCommand(addCommand().action((name: string, options: AddOptions) => add(name, options, terminal)))
    .addCommand(
      withEngine(new Command('list').description('the next first')).action((options: EngineOptions) =>
        list(options, terminal),
      ),
    )
    .addCommand(
      one('show', 'a job with its devices').action((name: string, options: EngineOptions) =>
        show(name, options, terminal),
      ),
    )
    .addCommand(
      one('start', 'begin the next window now, if it fits').action((name: string, options: EngineOptions) =>
        act(options, terminal, `${pathOf(name)}/start`, { method: 'POST' }),
      ),
    )
    .addCommand(
      one('cancel', 'call it off, also when it is under way')
        .option('--reason <words>', 'why', 'called off')
        .option('--only-next', 'only the next window; a job that recurs goes on')
        .action((name: string, options: EngineOptions & { reason: string; onlyNext?: boolean }) => {
          const query = new URLSearchParams({
            reason: options.reason,
            onlyNext: String(options.onlyNext ?? false),
          })
          return act(options, terminal, `${pathOf(name)}?${query.toString()}`, { method: 'DELETE' })
        }),
    )
    .addCommand(
      one('report', 'say what has come of what is under way')
        .requiredOption('--status <status>', REPORTED.join(', '), statusOf)
        .option('--device <name>', 'only of this device')
        .option('--progress <percent>', 'how far it is', Number)
        .option('--message <words>', 'what is to be said')
        .action((name: string, options: ReportOptions) => {
          const { status, device, progress, message } = options
          const body = JSON.stringify({ status, device, progress, message })
          return act(options, terminal, `${pathOf(name)}/report`, { method: 'POST', body })
        }),
    )
}

const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`

function addCommand(): Command {
  return withEngine(new Command('add'))
    .description('plan a job; where it does not fit, says why and when it would, and exits with 1')
    .argument('<name>', 'what it is called from now on')
    .requiredOption('--starts <time>', 'such as 2027-01-31T02:30 (of --time-zone) or 2027-01-31T02:30:00Z')
    .requiredOption('--duration <span>', 'such as 90m')
    .option('--kind <kind>', 'such as firmware-update, security-patch, database-migration')
    .option('--time-zone <zone>', 'such as Europe/Berlin; UTC if it is not said')
    .option('--rrule <rule>', 'when it comes again (RFC 5545), such as FREQ=WEEKLY;BYDAY=SU')
    .option('--capacity <amount>', 'units, or a share such as 20%')
    .option('--use <use>', 'operation (needs the capacity) or idle (it is only kept free)')
    .option('--lead <span>', 'the capacity is there so long before')
    .option('--devices <terms>', "such as 'tenant=acme,device=pump-*'; may be said many times", addTerms)
    .option('--resource <name>', 'what only one job may use at a time; may be said many times', addOne)
    .option('--depends-on <job>', 'what must be over before; may be said many times', addOne)
    .option('--wave <amount>', 'devices of the first wave, or their share such as 10%')
    .option('--growth <factor>', 'how many times as large each further wave is', Number)
    .option('--pause <span>', 'between waves')
    .option('--abort <share>', 'stop when such a share has failed, such as 10%')
    .option('--abort-after <count>', 'not before so many have ended', Number)
    .option('--drain <span>', 'wait so long until nothing of the devices is in flight')
    .option('--hook <name>', 'what begins the work')
    .option('--timeout <span>', 'for each device')
    .option('--retries <count>', 'how often it is done again after a failure', Number)
    .option('--missed <rule>', 'what is done when its time was missed: late, reschedule or skip')
    .option('--no-hold-alerts', 'tell alerts of the devices meanwhile')
}

/** As `maintenance.jobs` of the configuration has it. */
function jobOf(name: string, options: AddOptions): object {
  const { starts, duration, kind, timeZone, rrule, capacity, use, lead, devices, drain, hook } = options
  const {
    timeout,
    missed,
    resource,
    dependsOn,
    holdAlerts,
    wave,
    growth,
    pause,
    abort,
    abortAfter,
    retries,
  } = options
  const isIn = (...values: unknown[]): boolean => values.some((value) => value !== undefined)
  return {
    ...{
      name,
      starts,
      duration,
      kind,
      timeZone,
      rrule,
      capacity,
      use,
      lead,
      devices,
      drain,
      hook,
      timeout,
      missed,
    },
    ...{ resources: resource, dependsOn, holdAlerts },
    rollout: isIn(wave, growth, pause) ? { wave, growth, pause } : undefined,
    abort: isIn(abort, abortAfter) ? { failed: abort, after: abortAfter } : undefined,
    retry: isIn(retries) ? { limit: retries } : undefined,
  }
}

async function add(name: string, options: AddOptions, terminal: Terminal): Promise<void> {
  const body = JSON.stringify(jobOf(name, options))
  try {
    await act(options, terminal, PATH, { method: 'POST', body })
  } catch (error) {
    throw error instanceof MillraceError ? withNearest(error) : error
  }
}

function withNearest(error: MillraceError): MillraceError {
  const { nearest } = (error.context.answer ?? {}) as { nearest?: readonly number[] }
  if (nearest === undefined) return error
  const times = nearest.map((at) => new Date(at).toISOString()).join(', ')
  const words = times === '' ? 'no other time fits either' : `would fit: ${times}`
  return new MillraceError('conflict', `${error.message}; ${words}`, { nearest })
}

async function act(
  options: EngineOptions,
  terminal: Terminal,
  path: string,
  init: RequestInit,
): Promise<void> {
  const job = await askEngine<JobView>(options, path, init)
  terminal.out(options.json ? JSON.stringify(job, null, 2) : lineOf(job))
}

async function list(options: EngineOptions, terminal: Terminal): Promise<void> {
  const answer = await askEngine<{ jobs: readonly JobView[] }>(options, PATH)
  if (options.json) return terminal.out(JSON.stringify(answer, null, 2))
  for (const job of answer.jobs) terminal.out(lineOf(job))
}

async function show(name: string, options: EngineOptions, terminal: Terminal): Promise<void> {
  const job = await askEngine<JobView>(options, pathOf(name))
  const { executions } = await askEngine<{ executions: readonly Execution[] }>(
    options,
    `${pathOf(name)}/executions`,
  )
  if (options.json) return terminal.out(JSON.stringify({ ...job, executions }, null, 2))
  terminal.out(lineOf(job))
  for (const window of job.past) terminal.out(`  ${windowWords(window)}`)
  for (const { device, status, wave, progress, message } of executions) {
    const what = device === '' ? 'the operation' : device
    terminal.out(`  ${what}: ${status}, wave ${wave}, ${progress} %${message === '' ? '' : `: ${message}`}`)
  }
}

function lineOf({ spec, status, reason, window, units }: JobView): string {
  const when = window === null ? '' : ` ${windowWords(window)}`
  const apart = units === 0 ? '' : `, ${Math.round(units * 100) / 100} units set apart`
  return `${spec.name} (${spec.kind}): ${status}${reason === '' ? '' : ` (${reason})`}${when}${apart}`
}

function windowWords({ startsAt, endsAt, status, attempt, isFailed, executions }: WindowView): string {
  const counts = Object.entries(executions).filter(([, count]) => count > 0)
  const devices = counts.map(([name, count]) => `${count} ${name}`).join(', ')
  const again = attempt === 0 ? '' : `, attempt ${attempt + 1}`
  const span = `${new Date(startsAt).toISOString()} to ${new Date(endsAt).toISOString()}`
  return `${span}: ${status}${isFailed ? ' failed' : ''}${again}${devices === '' ? '' : `: ${devices}`}`
}

const addOne = (text: string, before: string[] = []): string[] => [...before, text]
const addTerms = (text: string, before: string[] = []): string[] => [
  ...before,
  ...text.split(',').map((term) => term.trim()),
]

function statusOf(text: string): string {
  const status = text.toUpperCase()
  if (REPORTED.includes(status)) return status
  throw new InvalidArgumentError(`allowed: ${REPORTED.join(', ')}.`)
}
