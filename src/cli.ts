#!/usr/bin/env node
import { commandsFor } from './cli/commands.ts'
import { runMillrace } from './cli/run.ts'
import { processTerminal } from './cli/terminal.ts'

const terminal = processTerminal()
const args = process.argv.slice(2)

process.exitCode = await runMillrace(args, await commandsFor(args, terminal), terminal)
