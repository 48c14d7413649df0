import { MillraceError } from '../../core/errors.ts'

/** One thing that is wrong in a definition: where, what is there, and what may be. */
export interface Fault {
  readonly path: string
  readonly value: string
  readonly allowed: string
}

export const faultText = ({ path, value, allowed }: Fault): string => `${path}: ${value}; allowed: ${allowed}`

/** A value as a fault shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return String(value)
}

/** All faults in one error. */
export function pipelineError(name: string, faults: readonly Fault[]): MillraceError {
  const lines = faults.map((fault) => `  ${faultText(fault)}`)
  return new MillraceError('pipeline-failed', [`the pipeline ${name} is not valid:`, ...lines].join('\n'), {
    problems: faults,
  })
}
