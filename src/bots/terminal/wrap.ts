// Lines of a text → lines that fit a terminal. Code and tables stay as they are: broken, they would mean something else. Pure.

/** What a continued line is indented by: spaces as wide as the mark of a list item; a quote repeats its mark. */
const MARK = /^(\s*)((?:> )*)(?:(?:[-•·] |\d+\. )(?:\[[ x]\] )?)?/

/** Words that are longer than the width, such as addresses, stand out of it. `width` undefined: no terminal, no breaks. */
export function wrap(text: string, width: number | undefined): string {
  if (width === undefined || width < MIN_WIDTH) return text
  let fence: string | undefined
  return text
    .split('\n')
    .map((line) => {
      const opened = /^`{3,}/.exec(line)?.[0]
      const isCode = fence !== undefined || opened !== undefined
      if (fence === undefined) fence = opened
      else if (line.trim() === fence) fence = undefined
      return isCode || line.startsWith('| ') ? line : wrapLine(line, width)
    })
    .join('\n')
}

/** Narrower ones are wrapped by the terminal itself: there is no room for indents. */
const MIN_WIDTH = 20

function wrapLine(line: string, width: number): string {
  if (widthOf(line) <= width) return line
  const [mark = '', spaces = '', quote = ''] = MARK.exec(line) ?? []
  const indent = spaces + quote + ' '.repeat(mark.length - spaces.length - quote.length)
  const lines: string[] = []
  let current = mark
  let isEmpty = true
  for (const word of line.slice(mark.length).split(/ +/)) {
    if (!isEmpty && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current)
      current = indent
      isEmpty = true
    }
    current += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, current].join('\n')
}

/** Cells of a terminal, near enough: two for what East Asian scripts and emoji take. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}
