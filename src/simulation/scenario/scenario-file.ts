/** Files of scenarios (docs/simulation.md). */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { type SchemaNode, withoutWords } from '../../engine/config/json-schema.ts'
import { badConfig, problemsOf } from '../../engine/config/problems.ts'
import { parseYaml } from '../../engine/config/yaml.ts'
import { knownEventsOf } from './known-events.ts'
import { problemsIn } from './scenario-checks.ts'
import { type Scenario, scenarioOptions } from './scenario-options.ts'
import { type Trace, traceOf } from './trace.ts'

/** A scenario with the files that it names. */
export interface LoadedScenario extends Scenario {
  /** By the name that the scenario calls them. */
  readonly traces: ReadonlyMap<string, Trace>
  /** Calendars, by the name that the scenario calls them. */
  readonly calendarTexts: ReadonlyMap<string, string>
  /** Text of the calibration that it names. */
  readonly calibrationText: string | undefined
}

const tree = z.toJSONSchema(scenarioOptions, { io: 'input' }) as SchemaNode

/** JSON Schema (draft 2020-12) of a file, for editors. */
export const scenarioSchema = (): Record<string, unknown> => withoutWords('Millrace scenario', tree)

/** Reads a scenario, YAML or JSON. Throws `bad-config` whose lines begin with `file:line:column`. */
export function loadScenario(path: string): LoadedScenario {
  const scenario = parseScenario(readText(path), path)
  const beside = (name: string): string => readText(resolve(dirname(path), name))
  const traces = new Map<string, Trace>()
  for (const { file, column } of tracesOf(scenario))
    traces.set(`${file}#${column}`, traceOf(beside(file), file, column))
  const { calibration, forecast } = scenario
  const loaded = {
    ...{ ...scenario, traces },
    calendarTexts: new Map(forecast.calendars.map((file) => [file, beside(file)])),
    calibrationText: calibration === undefined ? undefined : beside(calibration),
  }
  knownEventsOf(loaded)
  return loaded
}

/** The scenario in a text; `file` is what messages call it. */
export function parseScenario(text: string, file: string): Scenario {
  const { value, locate } = parseYaml(text, file)
  const checked = scenarioOptions.safeParse(value ?? {})
  if (!checked.success) throw badConfig(problemsOf(checked.error.issues, value ?? {}, tree), locate)
  const problems = problemsIn(checked.data)
  if (problems.length > 0) throw badConfig(problems, locate)
  return checked.data
}

const tracesOf = ({ fleet }: Scenario) =>
  fleet.flatMap(({ traffic }) => traffic.flatMap(({ trace }) => (trace === undefined ? [] : [trace])))

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new MillraceError('bad-config', `cannot read ${path}: ${(error as Error).message}`, { path }, error)
  }
}
