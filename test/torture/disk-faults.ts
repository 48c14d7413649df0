/** What a disk does to a running engine. Each of these needs something that not every machine has or allows. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Random } from '../../src/core/random.ts'
import { crash, type Fault, moment } from './fault.ts'
import type { Generation } from './generation.ts'

const canRun = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0

const inject = (error: string): string[] => ['-e', 'trace=fdatasync', '-e', `inject=fdatasync:error=${error}`]

/** Attaching to another process may be forbidden where starting one is not. */
async function canAttach(): Promise<boolean> {
  const victim = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 20000)'], { stdio: 'ignore' })
  try {
    const tracer = await attach(victim.pid!, inject('EIO'))
    await detach(tracer)
    return tracer !== undefined
  } finally {
    victim.kill('SIGKILL')
  }
}

/** What the machine allows. */
export const DISK_ABILITIES = {
  strace: await canAttach(),
  prlimit: canRun('prlimit', '--version'),
}

const cuttable = ({ parts }: Generation): boolean => parts.medium.cut !== undefined

/** Everything that was not flushed is gone. */
export async function cutPower(generation: Generation): Promise<void> {
  const { medium } = generation.parts
  medium.cut!()
  await generation.server.kill()
  await medium.remount!(false)
  await generation.start()
}

export const DISK_FAULTS: readonly Fault[] = [
  { kind: 'power cut', weight: 5, isPossible: cuttable, strike: cutPower },
  {
    kind: 'power cut in a surge',
    weight: 2,
    isPossible: cuttable,
    async strike(generation, random) {
      generation.surge()
      await moment(random() * 150)
      await cutPower(generation)
    },
  },
  {
    kind: 'power cut while it recovers',
    weight: 2,
    isPossible: cuttable,
    async strike(generation, random) {
      await crash(generation)
      await moment(random() * 150)
      await cutPower(generation)
    },
  },
  {
    kind: 'fdatasync fails',
    weight: 1.5,
    isPossible: () => DISK_ABILITIES.strace,
    async strike(generation, random) {
      // a disk that fails in the middle of a start leaves the server not ready, until somebody starts it again
      await generation.server.ready()
      const [first, step] = [1 + Math.floor(random() * 4), 1 + Math.floor(random() * 3)]
      const tracer = await attach(generation.server.child.pid!, inject(`EIO:when=${first}+${step}`))
      if (random() < 0.5) generation.surge()
      await moment(100 + random() * 900)
      await detach(tracer)
    },
  },
  {
    kind: 'files may not grow',
    weight: 1,
    isPossible: () => DISK_ABILITIES.prlimit,
    async strike({ server }, random) {
      await server.ready()
      limitFiles(server.child, String(1 + Math.floor(random() * 1024 * 1024)))
      await moment(100 + random() * 900)
      limitFiles(server.child, 'unlimited')
    },
  },
  {
    kind: 'start on a disk that is read-only',
    weight: 1,
    isPossible: ({ parts }) => parts.medium.remount !== undefined,
    async strike(generation: Generation, random: Random) {
      const { medium } = generation.parts
      await generation.server.kill()
      await medium.remount!(true)
      await expectRefusal(generation)
      await medium.remount!(false)
      await moment(random() * 20)
      await generation.start()
    },
  },
]

/** It says why, and ends. */
async function expectRefusal(generation: Generation): Promise<void> {
  const words = await generation.start().then(
    () => 'it has started',
    (error: Error) => error.message,
  )
  if (!words.includes('EROFS')) generation.violate(`on a read-only disk: ${words}`)
  await generation.server.kill()
}

const limitFiles = (child: ChildProcess, bytes: string): void =>
  void spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`])

/** Undefined when it could not. */
async function attach(pid: number, what: readonly string[]): Promise<ChildProcess | undefined> {
  const args = ['-f', '-o', '/dev/null', ...what, '-p', String(pid)]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const isAttached = new Promise<boolean>((resolve) => {
    tracer.once('error', () => resolve(false))
    tracer.once('exit', () => resolve(false))
    let said = ''
    tracer.stderr.on('data', (data: Buffer) => /attached/.test((said += data.toString())) && resolve(true))
  })
  return (await isAttached) ? tracer : undefined
}

async function detach(tracer: ChildProcess | undefined): Promise<void> {
  if (tracer === undefined || tracer.exitCode !== null) return
  const ended = once(tracer, 'exit')
  tracer.kill('SIGINT')
  await ended
}
