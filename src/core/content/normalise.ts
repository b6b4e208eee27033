// Characters that nobody sees but search, quoting and models do: soft hyphens, zero-width characters, bidirectional
// controls, invisible tags and variation selectors, control characters. Joiners go too, at the cost of some emoji
// sequences falling apart: text that is compared must not differ by what cannot be seen.
const FORMAT_CHARACTERS = /[\p{Cf}\u{E0100}-\u{E01EF}]/gu

/** Any run of white space, line ends and no-break spaces included, becomes one space. */
export function normaliseProse(text: string): string {
  return text
    .toWellFormed()
    .replace(FORMAT_CHARACTERS, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
}

/** Keeps lines and indentation; blank lines at both ends go. */
export function normaliseCode(text: string): string {
  return text
    .toWellFormed()
    .replace(FORMAT_CHARACTERS, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
}
