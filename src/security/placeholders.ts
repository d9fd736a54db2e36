// What stands in a command as `%{name}`, as librdkafka has it: the names are those of its settings. Values are put in as they are; to quote
// them is the command's.

const PLACEHOLDER = /%\{([^}]*)\}/g

/** The names that stand in it as `%{name}`. */
export const namesIn = (command: string): string[] => [...command.matchAll(PLACEHOLDER)].map(([, name]) => name!)

export const filled = (command: string, values: Readonly<Record<string, string | undefined>>): string =>
  command.replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? '')
