// Characters that nobody sees but search, quoting and models do: soft hyphens, zero-width characters, bidirectional
// controls, invisible tags and variation selectors, control characters. Joiners go too, at the cost of some emoji
// sequences falling apart: text that is compared must not differ by what cannot be seen.
const FORMAT_CHARACTERS = /[\p{Cf}\u{E0100}-\u{E01EF}]/gu

/** Whatever the steps of `normaliseProse` change: invisible characters, lone surrogates, white space but single spaces. */
const UNTIDY_PROSE = /[\p{Cc}\p{Cf}\p{Cs}\u{E0100}-\u{E01EF}]|[^\S ]| {2}/u

/** Any run of white space, line ends and no-break spaces included, becomes one space. */
export function normaliseProse(text: string): string {
  if (!UNTIDY_PROSE.test(text)) return text
  return text
    .toWellFormed()
    .replace(FORMAT_CHARACTERS, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
}

/** A name or title as one line, at most as long as Confluence allows any. */
export function normaliseName(text: string): string {
  return normaliseProse(text.slice(0, 2_000)).trim().slice(0, 500).toWellFormed()
}

/** Keeps lines and indentation; blank lines at both ends go. */
export function normaliseCode(text: string): string {
  const tidied = text
    .toWellFormed()
    .replace(FORMAT_CHARACTERS, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
  // Not by one expression: a repeated group overflows the stack at some ten thousand lines.
  const firstVisible = tidied.search(/[^ \t\n]/)
  return tidied.slice(tidied.lastIndexOf('\n', firstVisible) + 1).trimEnd()
}
