import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

describe('schemas', () => {
  it('are what src/core/generated was made from', () => {
    const script = join(import.meta.dirname, '../../scripts/generate-schemas.js')
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow()
  })
})
