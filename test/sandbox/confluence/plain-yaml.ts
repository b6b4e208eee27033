// As much of YAML as machines write: maps and lists by indentation, quoted and bare scalars, JSON inside.
type Line = { indent: number; text: string }
type Reader = { lines: Line[]; position: number }

export function parsePlainYaml(text: string): unknown {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .map((line) => ({ indent: line.length - line.trimStart().length, text: line.trim() }))
  return readBlock({ lines, position: 0 }, 0)
}

function readBlock(reader: Reader, indent: number): unknown {
  return reader.lines[reader.position]?.text.startsWith('- ') === true
    ? readList(reader, indent)
    : readMap(reader, indent)
}

function readList(reader: Reader, indent: number): unknown[] {
  const items: unknown[] = []
  for (let line = current(reader); line?.indent === indent && line.text.startsWith('- '); line = current(reader)) {
    const text = line.text.slice(2)
    if (splitKey(text) === undefined) {
      reader.position++
      items.push(scalar(text))
    } else {
      reader.lines[reader.position] = { indent: indent + 2, text }
      items.push(readMap(reader, indent + 2))
    }
  }
  return items
}

function readMap(reader: Reader, indent: number): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  for (let line = current(reader); line?.indent === indent; line = current(reader)) {
    const pair = splitKey(line.text)
    if (pair === undefined) break
    reader.position++
    const following = current(reader)
    const isNested = following !== undefined && (following.indent > indent || isListAt(following, indent))
    if (pair.value !== '' && !/^[|>]/.test(pair.value)) map[pair.key] = scalar(pair.value)
    else if (pair.value === '' && isNested) map[pair.key] = readBlock(reader, following.indent)
    else skipDeeper(reader, indent)
  }
  return map
}

function current({ lines, position }: Reader): Line | undefined {
  return lines[position]
}

function isListAt(line: Line, indent: number): boolean {
  return line.indent === indent && line.text.startsWith('- ')
}

/** Block scalars are prose: nothing here needs them. */
function skipDeeper(reader: Reader, indent: number): void {
  while ((current(reader)?.indent ?? -1) > indent) reader.position++
}

function splitKey(text: string): { key: string; value: string } | undefined {
  const parts = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^"'{[][^:]*(?::\S[^:]*)*):(?: (.*))?$/.exec(text)
  return parts?.[1] === undefined ? undefined : { key: String(scalar(parts[1])), value: (parts[2] ?? '').trim() }
}

function scalar(text: string): unknown {
  if (/^'.*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'")
  if (/^(["[{]|-?\d+(\.\d+)?$|true$|false$|null$)/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}
