/** Where a data directory lies: a folder on the machine's disk, or a small file system of its own that can be filled. */
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Medium {
  readonly path: string
  /** Takes all the room there is; returns what gives it back. Undefined where that would hurt others. */
  readonly fill: (() => () => void) | undefined
  /** The power fails: what was not flushed is lost, and every write fails until it is mounted again. */
  readonly cut?: () => void
  /** When no process uses it. */
  readonly remount?: (isReadOnly: boolean) => Promise<void>
  readonly remove: () => void
}

const SIZE_MIB = 40
const IMAGE_MIB = 64
const SHARED_MEMORY = '/dev/shm'
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUT_DOWN = 'open(F, "<", $ARGV[0]) && ioctl(F, 0x8004587d, my $flags = pack("L", 2)) or die "$!"'
const UMOUNT_PATIENCE_MS = 10_000
const CHUNK = Buffer.alloc(64 * 1024, 0xab)
const mounted = new Set<string>()
const images = new Set<string>()
process.on('exit', () => {
  mounted.forEach(unmount)
  images.forEach((folder) => rmSync(folder, { recursive: true, force: true }))
})

export function plainFolder(): Medium {
  const path = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
  return { path, fill: undefined, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Undefined where mounting is not allowed. */
export function smallMedium(): Medium | undefined {
  const path = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', path]
  if (spawnSync('mount', options, { stdio: 'ignore' }).status !== 0) {
    rmSync(path, { recursive: true, force: true })
    return undefined
  }
  mounted.add(path)
  return {
    path,
    fill: () => fill(join(path, 'ballast')),
    async remount(isReadOnly) {
      await patiently('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path])
    },
    remove: () => {
      unmount(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** An ext4 of its own whose power can be cut; undefined where that is not allowed. */
export function cuttableMedium(): Medium | undefined {
  const folder = mkdtempSync(join(fastFolder(), 'millrace-torture-'))
  const [image, path] = [join(folder, 'image'), join(folder, 'mounted')]
  mkdirSync(path)
  const mount = (isReadOnly: boolean): string[] => ['-o', `loop,${isReadOnly ? 'ro' : 'rw'}`, image, path]
  const cut = (): boolean => run('perl', ['-e', SHUT_DOWN, path])
  const remount = async (isReadOnly: boolean): Promise<void> => {
    await patiently('umount', [path])
    await patiently('mount', mount(isReadOnly))
  }
  const remove = (): void => {
    unmount(path)
    images.delete(folder)
    rmSync(folder, { recursive: true, force: true })
  }
  images.add(folder)
  const isMade =
    run('truncate', ['-s', `${IMAGE_MIB}M`, image]) &&
    run('mkfs.ext4', ['-q', '-F', '-m', '0', image]) &&
    run('mount', mount(false))
  if (isMade) {
    mounted.add(path)
    return { path, fill: () => fill(join(path, 'ballast')), cut: () => void cut(), remount, remove }
  }
  remove()
  return undefined
}

/** Can the power of an ext4 be cut here, so that what was not flushed is gone, and nothing else? */
export async function canCut(): Promise<boolean> {
  const medium = cuttableMedium()
  if (medium === undefined) return false
  try {
    writeFileSync(join(medium.path, 'flushed'), 'x', { flush: true })
    await syncFolder(medium.path)
    writeFileSync(join(medium.path, 'unflushed'), 'x')
    medium.cut!()
    await medium.remount!(false)
    return existsSync(join(medium.path, 'flushed')) && !existsSync(join(medium.path, 'unflushed'))
  } finally {
    medium.remove()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  await folder.sync()
  await folder.close()
}

/** An image in memory doesn't wait for the machine's disk; in a container there may be little room for it. */
function fastFolder(): string {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(SHARED_MEMORY)
    return bavail * bsize > 4 * IMAGE_MIB * 1024 * 1024 ? SHARED_MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}

const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0

/** A killed engine's child goes a moment after it. */
async function patiently(program: string, args: readonly string[]): Promise<void> {
  const endMs = performance.now() + UMOUNT_PATIENCE_MS
  while (!run(program, args)) {
    if (performance.now() > endMs) throw new Error(`${program} ${args.join(' ')} fails`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function canMount(): boolean {
  const medium = smallMedium()
  medium?.remove()
  return medium !== undefined
}

function fill(path: string): () => void {
  const file = openSync(path, 'w')
  let size = CHUNK.length
  while (size >= 512) {
    try {
      writeSync(file, CHUNK, 0, size)
    } catch {
      size >>>= 1
    }
  }
  closeSync(file)
  return () => rmSync(path, { force: true })
}

function unmount(path: string): void {
  mounted.delete(path)
  if (spawnSync('umount', [path], { stdio: 'ignore' }).status !== 0) spawnSync('umount', ['-l', path])
}

/** The folder of the data directory on a medium. */
export function dataFolder(medium: Medium): string {
  const path = join(medium.path, 'data')
  mkdirSync(path, { recursive: true })
  return path
}
