import { Command } from 'commander'
import { OPTION_TEXTS } from '../load/option-texts.ts'
import { loadOptions, type RawOptions } from '../load/options.ts'
import { reportText } from '../load/report.ts'
import { runLoad } from '../load/run.ts'
import type { Terminal } from './terminal.ts'

/** `millrace load`: the load generator as a command. */
export function loadCommand(terminal: Terminal): Command {
  const command = new Command('load')
    .description('send readings to a server on an open-loop schedule and measure its answers')
    .allowExcessArguments(false)
  for (const { name, value, fallback, help } of OPTION_TEXTS) {
    const about = fallback ? `${help} (default: ${fallback})` : help
    command.option(value === null ? `--${name}` : `--${name} <${value}>`, about)
  }
  return command.action((raw: RawOptions) => run(raw, terminal))
}

async function run(raw: RawOptions, { out, err }: Terminal): Promise<void> {
  const options = loadOptions(raw)
  const abort = new AbortController()
  const interrupt = () => abort.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const report = await runLoad(options, { err, signal: abort.signal })
    out(options.json ? JSON.stringify(report, null, 2) : reportText(report))
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}
