/**
 * The program with all that it depends on put in: a torture starts servers some hundred times, and most of what a start
 * costs is finding modules.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packProgram as pack } from '../../scripts/pack-program.js'

const folders = new Set<string>()
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

export interface PackedProgram {
  /** Folder with its `lib`. */
  readonly root: string
  remove(): void
}

/** `root`: folder with the modules in its `dist`. */
export async function packProgram(root: string): Promise<PackedProgram> {
  const packed = mkdtempSync(join(tmpdir(), 'millrace-packed-'))
  folders.add(packed)
  await pack(realpathSync(join(root, 'dist')), join(packed, 'lib'), true)
  for (const name of ['build', 'package.json'])
    cpSync(join(root, name), join(packed, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(packed, 'node_modules'))
  return { root: packed, remove: () => rmSync(packed, { recursive: true, force: true }) }
}
