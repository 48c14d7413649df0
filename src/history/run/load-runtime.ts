import type { OpenStream } from './open-stream.ts'

/** The module that opens pipelines: the engine's own, or one of a test. */
export async function loadRuntime(url: string): Promise<OpenStream> {
  const { openStream } = (await import(url)) as { readonly openStream: OpenStream }
  return openStream
}
