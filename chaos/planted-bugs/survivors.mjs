/** Bugs that nothing notices, with the reason why that is so. @type {Readonly<Record<string, string>>} */
export const survivors = {}
