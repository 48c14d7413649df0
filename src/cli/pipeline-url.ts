import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The URL of a pipeline's module; of a file of rules the one of what it says. */
export async function pipelineUrl(path: string): Promise<string> {
  if (!['.yaml', '.yml', '.json'].includes(extname(path))) return pathToFileURL(resolve(path)).href
  const [{ loadRules }, { rulesUrl }] = await Promise.all([
    import('../engine/config/rules-file.ts'),
    import('../pipelines/rules/rules-url.ts'),
  ])
  return rulesUrl(loadRules(path))
}
