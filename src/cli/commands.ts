/**
 * The commands, each with what it takes to make it. A module is loaded when its command is asked for: most of the time
 * of a short command would otherwise go into loading the engine.
 */
import type { Command } from 'commander'
import { programFile } from '../core/package-files.ts'
import { systemClock } from '../core/clock.ts'
import type { Terminal } from './terminal.ts'

type Make = (terminal: Terminal) => Promise<Command>

const nodeDisk = async () => new (await import('../storage/disk/node-disk.ts')).NodeDisk()

const COMMANDS: Readonly<Record<string, Make>> = {
  serve: async (terminal) =>
    (await import('./serve.ts')).serveCommand({
      createEngine: async (config) => (await import('../engine/create-engine.ts')).createEngine(config),
      terminal,
    }),
  load: async (terminal) => (await import('./load.ts')).loadCommand(terminal),
  config: async (terminal) => {
    const [{ configCommand }, { planMemory }, { needsOf }] = await Promise.all([
      import('./config.ts'),
      import('../memory/memory-plan.ts'),
      import('../engine/sizing.ts'),
    ])
    return configCommand({ planMemory: (config) => planMemory(needsOf(config)).segments, terminal })
  },
  token: async (terminal) => (await import('./token.ts')).tokenCommand({ terminal }),
  journal: async (terminal) =>
    (await import('./journal.ts')).journalCommand({ terminal, disk: await nodeDisk() }),
  checkpoint: async (terminal) =>
    (await import('./checkpoint.ts')).checkpointCommand({ terminal, disk: await nodeDisk() }),
  pipelines: async (terminal) => {
    const { checkSink } = await import('../sinks/sink-kinds.ts')
    return (await import('./pipelines.ts')).pipelinesCommand({ terminal, sinks: checkSink })
  },
  'dead-letters': async (terminal) => (await import('./dead-letters.ts')).deadLettersCommand({ terminal }),
  scaling: async (terminal) => (await import('./scaling.ts')).scalingCommand({ terminal }),
  maintenance: async (terminal) => (await import('./maintenance.ts')).maintenanceCommand({ terminal }),
  run: makeRun,
  simulate: async (terminal) =>
    (await import('./simulate.ts')).simulateCommand({ terminal, clock: systemClock() }),
  rules: async (terminal) =>
    (await import('./rules.ts')).rulesCommand({ terminal, test: await makeRun(terminal, 'test') }),
}

async function makeRun(terminal: Terminal, name?: 'test'): Promise<Command> {
  const { runCommand } = await import('./run-pipeline.ts')
  return runCommand(
    {
      ...{
        terminal,
        disk: await nodeDisk(),
        clock: systemClock(),
        stdin: process.stdin,
        stdout: process.stdout,
      },
      draw: process.stderr.isTTY ? (text) => void process.stderr.write(text) : undefined,
      runtime: programFile('history/run/pipeline-stream.js').href,
    },
    name,
  )
}

/** The command that the arguments begin with; all, when they begin with none, but none to say the version. */
export function commandsFor([first]: readonly string[], terminal: Terminal): Promise<Command[]> {
  if (first === '--version' || first === '-V') return Promise.resolve([])
  const asked = Object.entries(COMMANDS).filter(([name]) => name === first)
  const wanted = asked.length === 0 ? Object.entries(COMMANDS) : asked
  return Promise.all(wanted.map(([, make]) => make(terminal)))
}
