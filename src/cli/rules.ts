import { Command } from 'commander'
import { loadRules, rulesSchema } from '../engine/config/rules-file.ts'
import { planOf } from '../pipelines/compiler/plan.ts'
import { planText } from '../pipelines/compiler/plan-text.ts'
import { ruleText } from '../pipelines/rules/rule-text.ts'
import { rulesPipeline } from '../pipelines/rules/rules-pipeline.ts'
import type { Terminal } from './terminal.ts'

export interface RulesParts {
  readonly terminal: Terminal
  /** `millrace run`, by another name. */
  readonly test: Command
}

interface Options {
  readonly json?: boolean
}

/** `millrace rules`: looks at files of rules, and tries them on recorded readings. */
export function rulesCommand({ terminal, test }: RulesParts): Command {
  const check = (files: readonly string[], { json }: Options): void => {
    const sets = files.map((file) => ({ file, ...loadRules(file) }))
    if (json)
      terminal.out(JSON.stringify(sets.map(({ file, name, rules }) => ({ file, name, rules: rules.length }))))
    else for (const { file, rules } of sets) terminal.out(`${file}: ${rules.length} rules, all good`)
  }
  const explain = (file: string, { json }: Options): void => {
    const set = loadRules(file)
    const plan = planOf(rulesPipeline(set))
    if (json) return terminal.out(JSON.stringify({ rules: set.rules, plan }, null, 2))
    for (const rule of set.rules) terminal.out(ruleText(rule))
    terminal.out(`\nthe pipeline that they become:\n${planText(plan)}`)
  }
  return new Command('rules')
    .description('look at files of rules, and try them on recorded readings')
    .addCommand(
      new Command('check')
        .description('exit with 2 if anything is wrong, and say all of it with line and column')
        .argument('<files...>', 'files of rules, YAML or JSON')
        .option('--json', 'answer in JSON')
        .action(check),
    )
    .addCommand(
      new Command('explain')
        .description('each rule in words, and the pipeline that they become')
        .argument('<file>', 'a file of rules')
        .option('--json', 'answer in JSON')
        .action(explain),
    )
    .addCommand(test)
    .addCommand(
      new Command('schema')
        .description('print the JSON Schema of files of rules')
        .action(() => terminal.out(JSON.stringify(rulesSchema(), null, 2))),
    )
}
