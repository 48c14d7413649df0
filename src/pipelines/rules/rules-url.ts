import type { PipelineDefinition } from '../definition/definition.ts'
import { type RuleSet, rulesPipeline } from './rules-pipeline.ts'

const HEAD = 'data:application/vnd.millrace.rules+json,'

/**
 * Rules as a URL (RFC 2397), so that they go wherever the URL of a pipeline's module goes: every thread then runs the rules
 * that were read, whatever becomes of their file.
 */
export const rulesUrl = (rules: RuleSet): string => HEAD + encodeURIComponent(JSON.stringify(rules))

/** The pipeline of such a URL; undefined for others. */
export const rulesAt = (url: string): PipelineDefinition | undefined =>
  url.startsWith(HEAD)
    ? rulesPipeline(JSON.parse(decodeURIComponent(url.slice(HEAD.length))) as RuleSet)
    : undefined
