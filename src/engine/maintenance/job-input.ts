/** A job from the API or the embedding program, checked as in the configuration. */
import { MillraceError } from '../../core/errors.ts'
import { schemaAt } from '../config/json-schema.ts'
import { type MaintenanceJobOptions, maintenanceJobOptions } from '../config/options/maintenance.ts'
import { pathText } from '../config/paths.ts'
import { problemsOf } from '../config/problems.ts'

/** Throws bad-request with everything that is wrong. */
export function readJob(given: unknown): MaintenanceJobOptions {
  const checked = maintenanceJobOptions.safeParse(given)
  if (checked.success) return checked.data
  const problems = problemsOf(checked.error.issues, given, schemaAt(['maintenance', 'jobs', 0]))
  const words = problems.map(({ path, message }) => [pathText(path), message].filter(Boolean).join(': '))
  throw new MillraceError('bad-request', words.join('; '))
}
