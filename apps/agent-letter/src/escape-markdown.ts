/** Control characters, line and paragraph separators, and what changes the direction of writing. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu
/** Points stay readable in "J. Novak"; before anything else they could make an address that a reader turns into a link. */
const special = /[\\`*_{}[\]()#+!|<>~&=$^:/"%;?]|\.(?=\S)|(?<=^\d+)\.|^-|-(?=[->])/g

/**
 * Text of somebody else's as one line of Markdown that shows exactly it: no formatting, no link, no HTML, no line break.
 * The at sign becomes its full-width form, because readers make links of e-mail addresses even where it is escaped.
 */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(invisible, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(special, (character) => `\\${character}`)
    .replaceAll('@', '＠')
