// The part of the WebAssembly JavaScript interface that is used here: the types come with browsers' libraries only,
// and those would make every browser global look as if it were there.
declare namespace WebAssembly {
  interface MemoryDescriptor {
    initial: number
    maximum: number
    shared: true
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor)
    grow(pages: number): number
    readonly buffer: SharedArrayBuffer
  }
  class Module {
    constructor(bytes: Uint8Array)
    static exports(module: Module): { name: string; kind: string }[]
    static imports(module: Module): { module: string; name: string; kind: string }[]
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  function compile(bytes: Uint8Array): Promise<Module>
}
