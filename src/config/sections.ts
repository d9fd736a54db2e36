// What a configuration file sets, by section: `common`, then the section of the environment. Reads text that is handed in; which
// file it came from is only a name for what is said about it.

import { reasonOf } from '../lib/reason.ts'
import { isRecord } from '../lib/record.ts'
import type { Problem } from './problems.ts'
import type { Given, Section, Variables } from './sources.ts'

export interface Sections {
  /** Weakest first. */
  readonly sections: readonly Section[]
  readonly problems: readonly Problem[]
  /** For which environments there are sections, the one in force or not; undefined: there are no sections at all. */
  readonly environments?: readonly string[] | undefined
}

export interface Environment {
  readonly name: string
  /** Somebody asked for this very one, so it has to be there. */
  readonly isAsked: boolean
}

const COMMON = 'common'

/** `file` is what people know it by. */
export async function sectionsOfYaml(
  file: string,
  text: string,
  environment: Environment,
  variables: Variables,
): Promise<Sections> {
  // Most starts have no such file, and need not load what reads it.
  const { LineCounter, parseDocument } = await import('yaml')
  const counter = new LineCounter()
  // Merge keys (`<<: *common`) are how such files are written.
  const document = parseDocument(text, { merge: true, lineCounter: counter, prettyErrors: false })
  // The others mostly follow from the first.
  const [error] = document.errors
  if (error) {
    const { line, col } = counter.linePos(error.pos[0])
    return { sections: [], problems: [problem(file, `${file}:${line}:${col} is no YAML: ${unquoted(error)}`)] }
  }
  let read: unknown
  try {
    read = document.toJS()
  } catch (error) {
    return { sections: [], problems: [problem(file, `${file} is no YAML: ${unquoted(error)}`)] }
  }
  return sectionsOf(file, read, environment, variables)
}

/** What it quotes of the file may be a part of a secret. */
const unquoted = (error: unknown): string =>
  reasonOf(error)
    .replace(/(?<=\S): [\s\S]*$/, '')
    .replace(/(?<=escape sequence) [\s\S]*$/, '')

function sectionsOf(file: string, read: unknown, environment: Environment, variables: Variables): Sections {
  if (read === null || read === undefined) return { sections: [], problems: [] }
  if (!isRecord(read))
    return {
      sections: [],
      problems: [problem(file, `${file} must hold sections: common, and one for each environment`)],
    }
  const stray = Object.entries(read).filter(([, value]) => value !== null && !isRecord(value))
  const problems = stray.map(([key]) =>
    problem(file, `${key} in ${file} stands outside of any section: put it under common, or under an environment`),
  )
  const names = Object.keys(read).filter(name => name !== COMMON && isRecord(read[name]))
  const wanted = [COMMON, ...(environment.name === COMMON ? [] : [environment.name])]
  const sections: Section[] = []
  for (const name of wanted) {
    const values = Object.hasOwn(read, name) ? read[name] : undefined
    if (!isRecord(values)) continue
    const source = `${file}, section ${name}`
    sections.push({ source, values: filledIn(values, { source, variables, problems }) })
  }
  return { sections, problems, environments: names }
}

interface Filling {
  readonly source: string
  readonly variables: Variables
  readonly problems: Problem[]
}

/** Without what is null: an empty value in YAML sets nothing. */
function filledIn(values: Readonly<Record<string, unknown>>, filling: Filling): Given {
  const filledIn: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue
    const before = filling.problems.length
    const made = filled(key, value, filling)
    // What lacks a variable is wrong once, not once more for what is left of it.
    if (filling.problems.length === before) filledIn[key] = made
  }
  return filledIn
}

function filled(key: string, value: unknown, filling: Filling): unknown {
  if (Array.isArray(value)) return value.map(one => filled(key, one, filling))
  return typeof value === 'string' ? withVariables(key, value, filling) : value
}

/** `${NAME}`, `${NAME:-default}`; `$${` is a plain `${`. */
const PLACE = /\$(\$\{)|\$\{([^}]*)\}/g

function withVariables(key: string, text: string, { source, variables, problems }: Filling): string {
  if (text.includes('<%')) {
    const sentence = `${key} in ${source} holds <%…%>, which is Ruby's: write \${NAME} or \${NAME:-default} for a variable, or use config/racecar.ts`
    problems.push({ option: key, value: undefined, source, sentence })
    return ''
  }
  return text.replace(PLACE, (whole: string, escaped: string | undefined, inside: string | undefined) => {
    if (escaped !== undefined) return escaped
    const [, name, rest] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside ?? '') ?? []
    if (name === undefined || rest?.includes('${')) {
      problems.push({
        option: key,
        value: undefined,
        source,
        // Not which: it may be a part of a secret.
        sentence: `${key} in ${source} holds \${…}, which is no variable with a plain default; a plain \${ is written $\${`,
      })
      return ''
    }
    const value = variables[name]
    if (value !== undefined && value !== '') return value
    if (rest !== undefined) return rest
    const sentence = `${key} in ${source} needs the variable ${name}, which is not set; set it, or write \${${name}:-default}`
    problems.push({ option: key, value: whole, source, sentence })
    return ''
  })
}

const problem = (file: string, sentence: string): Problem => ({
  option: file,
  value: undefined,
  source: file,
  sentence,
})
