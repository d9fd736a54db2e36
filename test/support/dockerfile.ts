// A Dockerfile as far as a container that runs needs it: what its last stage sets, for a machine where no engine builds it.

import { readFileSync } from 'node:fs'
import { DockerfileParser } from 'dockerfile-ast'

/** The last stage. */
export interface Runtime {
  readonly from: string
  readonly env: Readonly<Record<string, string>>
  readonly workdir: string
  readonly user: string
  readonly stopSignal: NodeJS.Signals
  /** In exec form each; a shell form is no list. */
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
}

export function runtimeOf(path: string): Runtime {
  const all = DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions()
  const last = all.slice(all.findLastIndex(one => one.getKeyword() === 'FROM'))
  const text = (keyword: string) => last.findLast(one => one.getKeyword() === keyword)?.getArgumentsContent() ?? ''
  return {
    from: text('FROM'),
    env: Object.fromEntries(
      last
        .filter(one => one.getKeyword() === 'ENV')
        .flatMap(one => one.getArguments().map(argument => argument.getValue().split(/=(.*)/s).slice(0, 2))),
    ),
    workdir: text('WORKDIR'),
    user: text('USER'),
    stopSignal: text('STOPSIGNAL') as NodeJS.Signals,
    entrypoint: execForm(text('ENTRYPOINT')),
    command: execForm(text('CMD')),
    healthcheck: execForm(text('HEALTHCHECK').replace(/^CMD /, '')),
  }
}

/** A list in brackets, and nothing where there is a shell form. */
const execForm = (content: string): readonly string[] => (content.startsWith('[') ? JSON.parse(content) : [])
