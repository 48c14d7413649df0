import type { KeySpec } from '../definition/key-spec.ts'
import type { PatternNode } from '../definition/definition.ts'
import type { PatternStep } from '../definition/pattern-spec.ts'
import type { WindowSpec } from '../definition/window-spec.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `90000` → `1m30s`, as durations are written in definitions. */
export function durationText(ms: number): string {
  let rest = Math.abs(ms)
  let text = ''
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  if (rest > 0 || text === '') text += `${rest}ms`
  return ms < 0 ? `-${text}` : text
}

export function keyText(key: KeySpec): string {
  if (key.by === 'attribute') return `attribute ${key.attribute}`
  if (key.by === 'function') return key.ofDevice ? 'a function of the device' : 'a function'
  return key.by === 'composite' ? key.parts.map(keyText).join(' + ') : key.by
}

/** `door, then motion, within 10s, skip past-last` */
export function patternText({
  steps,
  withinMs,
  skip,
}: Pick<PatternNode, 'steps' | 'withinMs' | 'skip'>): string {
  const words = steps.map((step, index) => (index === 0 ? '' : wordOf(step)) + stepText(step))
  const within = withinMs === undefined ? [] : [`within ${durationText(withinMs)}`]
  const to = 'step' in skip ? `to the ${skip.to} ${skip.step}` : skip.to
  return [...words, ...within, to.startsWith('no') ? to : `skip ${to}`].join(', ')
}

function wordOf(step: PatternStep): string {
  if (step.kind === 'not') return step.after === 'next' ? 'not next ' : 'no '
  return step.after === 'next' ? 'next ' : step.after === 'followed-by' ? 'then ' : 'then any '
}

function stepText(step: PatternStep): string {
  if (step.kind === 'not')
    return step.name + (step.forMs === undefined ? '' : ` for ${durationText(step.forMs)}`)
  const { any, least, most, isList, isOptional, isGreedy, isConsecutive } = step
  const times = least === most ? `${least} times` : `${least} to ${most} times`
  const words = [
    any.map(({ name }) => name).join(' or '),
    ...(isList ? [times] : []),
    ...(isConsecutive ? ['in a row'] : []),
    ...(isGreedy ? ['greedy'] : []),
  ].join(' ')
  return isOptional ? `(${words})` : words
}

export function windowText(window: WindowSpec): string {
  switch (window.type) {
    case 'tumbling':
      return `tumbling ${durationText(window.sizeMs)}`
    case 'sliding':
      return `sliding ${durationText(window.sizeMs)} every ${durationText(window.everyMs)}`
    case 'session':
      return `session, gap ${durationText(window.gapMs)}`
    case 'count':
      return `the last ${window.count} items every ${window.every}`
    case 'global':
      return 'everything'
  }
}
