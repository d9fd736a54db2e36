import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function problemsIn(file: string, more: ts.CompilerOptions = {}): string[] {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, path => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root)
  const program = ts.createProgram([file], { ...options, ...more })
  const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name: string) => name, getNewLine: () => '\n' }
  return ts.getPreEmitDiagnostics(program).map(diagnostic => ts.formatDiagnostic(diagnostic, host))
}

describe('the types that users meet', () => {
  it('let compile what is right and refuse what is wrong', { timeout: 120_000 }, () => {
    expect(problemsIn(fileURLToPath(new URL('public.ts', import.meta.url)))).toEqual([])
  })

  it('are checked at all', { timeout: 120_000 }, () => {
    const unused = { noUnusedLocals: false, strict: false }
    expect(problemsIn(fileURLToPath(new URL('public.ts', import.meta.url)), unused).join()).toContain(
      "Unused '@ts-expect-error'",
    )
  })
})
