// What is used of WebAssembly here: its types come with the DOM's, which a Node program has not.

declare namespace WebAssembly {
  interface Module {
    readonly [brand]: 'module'
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  type ModuleImports = Record<string, (...args: never[]) => unknown>
  type Imports = Record<string, ModuleImports>
  const brand: unique symbol
  function compile(bytes: Uint8Array): Promise<Module>
  function instantiate(module: Module, imports: Imports): Promise<Instance>
}
