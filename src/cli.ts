#!/usr/bin/env node
import { configCommand } from './cli/config.ts'
import { runMillrace } from './cli/run.ts'
import { processTerminal } from './cli/terminal.ts'
import { tokenCommand } from './cli/token.ts'

const terminal = processTerminal()

process.exitCode = await runMillrace(
  process.argv.slice(2),
  [configCommand({ planMemory: () => [], terminal }), tokenCommand({ terminal })],
  terminal,
)
