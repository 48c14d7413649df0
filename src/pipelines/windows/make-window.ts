import { AlignedWindow } from './aligned-window.ts'
import { ColumnWindow } from './column-window.ts'
import { CombinedWindow } from './combined-window.ts'
import { CountWindow } from './count-window.ts'
import { Geometry } from './geometry.ts'
import { BothTriggers, CountTrigger, TimeTrigger } from './global-window.ts'
import { SessionWindow } from './session-window.ts'
import type { WindowOperator, WindowOptions } from './window-operator.ts'

/** The window of a stage whose groups stay within a shard. */
export function makeWindow(options: WindowOptions): WindowOperator {
  const { window } = options
  switch (window.type) {
    case 'tumbling':
      return makeAligned(options, new Geometry(window.sizeMs, window.sizeMs, window.offsetMs))
    case 'sliding':
      return makeAligned(options, new Geometry(window.sizeMs, window.everyMs, window.offsetMs))
    case 'session':
      return new SessionWindow(options, window.gapMs)
    case 'count':
      return new CountWindow(options, window.count, window.every)
    case 'global':
      return makeGlobal(options, window.everyCount, window.everyMs)
  }
}

const makeAligned = (options: WindowOptions, geometry: Geometry): WindowOperator =>
  ColumnWindow.of(options, geometry) ?? new AlignedWindow(options, geometry)

function makeGlobal(options: WindowOptions, everyCount: number, everyMs: number): WindowOperator {
  if (everyCount > 0 && everyMs > 0) return new BothTriggers(options, everyCount, everyMs)
  return everyCount > 0 ? new CountTrigger(options, everyCount) : new TimeTrigger(options, everyMs)
}

/**
 * The window of a stage with groups of all shards; undefined for windows that shards cannot give a share of: sessions,
 * those by count (there is no order between shards), and global ones.
 */
export function makeCombinedWindow(options: WindowOptions): CombinedWindow | undefined {
  const { window } = options
  if (window.type === 'tumbling') {
    return new CombinedWindow(options, new Geometry(window.sizeMs, window.sizeMs, window.offsetMs))
  }
  if (window.type === 'sliding') {
    return new CombinedWindow(options, new Geometry(window.sizeMs, window.everyMs, window.offsetMs))
  }
  return undefined
}
