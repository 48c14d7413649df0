/**
 * Properties by name pattern. Patterns are globs as picomatch reads them (`*` stops at `/`, `**` doesn't; a leading dot
 * is a character like any other), compiled once; the first that matches wins. Each rule is merged with the defaults at
 * once, so that devices matching it share one set of properties.
 */
import picomatch from 'picomatch'
import type { DeviceProperties } from '../../core/device.ts'
import { MillraceError } from '../../core/errors.ts'
import { checkPosition, type CompleteProperties, overlay } from './device-properties.ts'

export interface DeviceRule {
  /** Glob over device names. */
  readonly match: string
  readonly properties: DeviceProperties
}

interface CompiledRule {
  readonly matches: (name: string) => boolean
  readonly properties: CompleteProperties
}

export class DeviceRules {
  readonly #rules: readonly CompiledRule[]
  readonly #defaults: CompleteProperties

  constructor(rules: readonly DeviceRule[], defaults: CompleteProperties) {
    this.#defaults = defaults
    this.#rules = rules.map(({ match, properties }, index) => {
      const complete = overlay(defaults, properties)
      checkPosition(complete, `rules[${index}]`, 'bad-config')
      return { matches: compile(match, `rules[${index}].match`), properties: complete }
    })
  }

  /** What is known of a device by its name alone. */
  propertiesFor(name: string): CompleteProperties {
    return this.#rules.find((rule) => rule.matches(name))?.properties ?? this.#defaults
  }
}

function compile(pattern: string, path: string): (name: string) => boolean {
  try {
    return picomatch(pattern, { dot: true, windows: false })
  } catch (cause) {
    const message = `${path}: ${JSON.stringify(pattern)} is not allowed; allowed: a glob over device names`
    throw new MillraceError('bad-config', message, { path, value: pattern }, cause)
  }
}
