// CSV → one table.
import { CsvError, parse } from 'csv-parse/sync'
import { normaliseProse } from '../content/normalise.ts'
import { rowSize, type BlockSink } from './block-sink.ts'
import { looksLikeHeader } from './header-row.ts'
import { readPlainText } from './plain-text.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const
type Delimiter = (typeof DELIMITERS)[number]

/** Throws SinkFull. Text that is no CSV (an unclosed quotation mark) is read as plain text. */
export function readCsv(text: string, sink: BlockSink): void {
  // Excel writes, and reads, the delimiter in a line of its own.
  const [marker, declared] = /^sep=([,;\t|])\r?\n/.exec(text) ?? []
  const body = marker === undefined ? text : text.slice(marker.length)
  const delimiter = (declared as Delimiter | undefined) ?? findDelimiter(body)
  const records = parseRecords(body, delimiter, sink.room)
  if (records === undefined) {
    readPlainText(text, sink)
    return
  }
  const rows = records
    .map((record) => record.map((cell) => normaliseProse(cell).trim()))
    .filter((row) => row.some((cell) => cell !== ''))
  if (rows.length > 0) sink.push({ kind: 'table', rows, headerRows: looksLikeHeader(rows) ? 1 : 0 })
}

function parseRecords(text: string, delimiter: Delimiter, room: number): string[][] | undefined {
  let characters = 0
  try {
    return parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      // Enough to fill the sink; the rest is skipped as it is read.
      on_record: (record: string[]) => {
        if (characters > room) return null
        characters += rowSize(record)
        return record
      },
    })
  } catch (error) {
    if (error instanceof CsvError) return undefined
    throw error
  }
}

/** The one that cuts the first lines into the most columns, the same number in each, outside quotation marks. */
function findDelimiter(text: string): Delimiter {
  const lines = text
    .slice(0, 20_000)
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, 20)
  const scores = DELIMITERS.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1)
    const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0
    const agreeing = counts.filter((count) => count === usual).length
    return { delimiter, score: usual === 0 ? 0 : agreeing / lines.length + Math.min(usual, 50) / 1000 }
  })
  return scores.toSorted((a, b) => b.score - a.score)[0]?.delimiter ?? ','
}
