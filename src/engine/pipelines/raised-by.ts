import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'

/** What alerts say of where they come from. */
export const ofPipeline = (name: string): string => `pipeline:${name}`
export const ofRules = (name: string): string => `rules:${name}`

export const raisedBy = ({ name, ofRules: isOfRules }: PipelineDefinition): string =>
  isOfRules === true ? ofRules(name) : ofPipeline(name)

/** The rules whose alerts a pipeline raises. */
export const alertRulesOf = ({ nodes }: PipelineDefinition): ReadonlySet<string> =>
  new Set(
    nodes.flatMap((node) => {
      if (node.kind === 'alert') return [node.rule]
      return node.kind === 'rules' ? node.rules.flatMap(({ name, silent }) => (silent ? [] : [name])) : []
    }),
  )
