// Why, in the words of what was thrown: users' code and libraries throw whatever they like.

export const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
