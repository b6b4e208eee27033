// Text of a wiki → text that a terminal only shows. A title may hold escape sequences that would repaint the screen, or
// marks that turn the direction of what follows. Pure.

/** Without control characters but for line ends and tabs, and without marks of direction. */
export function plain(text: string): string {
  return (
    text
      .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
      // eslint-disable-next-line no-control-regex -- removing control characters is what this does
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
  )
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plain(text.replaceAll(/\s+/g, ' ')).trim()
}
