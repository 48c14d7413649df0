#!/usr/bin/env node
import { checkpointCommand } from './cli/checkpoint.ts'
import { configCommand } from './cli/config.ts'
import { deadLettersCommand } from './cli/dead-letters.ts'
import { journalCommand } from './cli/journal.ts'
import { loadCommand } from './cli/load.ts'
import { pipelinesCommand } from './cli/pipelines.ts'
import { runMillrace } from './cli/run.ts'
import { runCommand } from './cli/run-pipeline.ts'
import { serveCommand } from './cli/serve.ts'
import { processTerminal } from './cli/terminal.ts'
import { tokenCommand } from './cli/token.ts'
import { systemClock } from './core/clock.ts'
import { needsOf } from './engine/sizing.ts'
import { planMemory } from './memory/memory-plan.ts'
import { checkSink } from './sinks/sink-kinds.ts'
import { NodeDisk } from './storage/disk/node-disk.ts'

const terminal = processTerminal()

process.exitCode = await runMillrace(
  process.argv.slice(2),
  [
    serveCommand({
      createEngine: async (config) => (await import('./index.ts')).createEngine(config),
      terminal,
    }),
    loadCommand(),
    configCommand({ planMemory: (config) => planMemory(needsOf(config)).segments, terminal }),
    tokenCommand({ terminal }),
    journalCommand({ terminal, disk: new NodeDisk() }),
    checkpointCommand({ terminal, disk: new NodeDisk() }),
    pipelinesCommand({ terminal, sinks: checkSink }),
    deadLettersCommand({ terminal }),
    runCommand({
      ...{
        terminal,
        disk: new NodeDisk(),
        clock: systemClock(),
        stdin: process.stdin,
        stdout: process.stdout,
      },
      draw: process.stderr.isTTY ? (text) => void process.stderr.write(text) : undefined,
      runtime: new URL('../dist/history/run/pipeline-stream.js', import.meta.url).href,
    }),
  ],
  terminal,
)
