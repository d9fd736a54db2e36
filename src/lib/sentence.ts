// Texts of several hands that become one: some end with a full stop, some do not.

export const asSentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

/** What happened and, where there is something, what to do about it. */
export const withCure = (text: string, cure: string): string => (cure === '' ? text : `${asSentence(text)} ${cure}`)
