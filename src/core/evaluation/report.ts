// Figures → the table that is printed. Pure.
import type { EvaluationFigures, Latency, RankingFigures } from './metrics.ts'

export function renderReport(figures: EvaluationFigures): string {
  const { abstention, latencyMs, leaks } = figures
  const row = (kind: string, name = kind, ranking = figures.byKind[kind]): string[][] => {
    const of = abstention.byKind[kind]
    if (of === undefined) return []
    return [
      [name, String(of.questions), ...rankingCells(ranking), String(of.declined), ...timeCells(latencyMs.byKind[kind])],
    ]
  }
  const counts = Object.values(abstention.byKind)
  const total = (of: (count: { questions: number; declined: number }) => number): string =>
    String(counts.reduce((sum, count) => sum + of(count), 0))
  const table = [
    ['', 'questions', 'hit@1', 'hit@5', 'recall@10', 'MRR@10', 'declined', 'p50 ms', 'p95 ms'],
    ...['single', 'multi', 'ambiguous'].flatMap((kind) => row(kind)),
    ['all answerable', String(figures.answerable.questions), ...rankingCells(figures.answerable), '', '', ''],
    ...row('followup', 'follow-ups'),
    ...row('unanswerable'),
    ...row('restricted'),
    ['all', total((c) => c.questions), ...rankingCells(undefined), total((c) => c.declined), ...timeCells(latencyMs)],
  ]
  const rightly = ['unanswerable', 'restricted'].map((kind) => {
    const { questions = 0, declined = 0 } = abstention.byKind[kind] ?? {}
    return `${declined} of ${questions} ${kind}`
  })
  return [
    ...alignColumns(table),
    '',
    `Declined rightly   ${rightly.join(', ')} questions`,
    `Declined wrongly   ${abstention.wronglyDeclined} of ${abstention.shouldAnswer} answerable questions and follow-ups`,
    leaks.length === 0 ? 'Leaks              none' : `Leaks              ${leaks.length}`,
    ...leaks.map(({ questionId, pageId, where }) => `  ${questionId}: page ${pageId} in ${where}`),
  ].join('\n')
}

/** Blank where ranking is not judged. */
function rankingCells(figures: RankingFigures | undefined): string[] {
  if (figures === undefined) return ['', '', '', '']
  const { hit1, hit5, recall10, mrr10 } = figures
  return [hit1, hit5, recall10, mrr10].map((figure) => figure.toFixed(3))
}

function timeCells({ p50, p95 }: Latency = { p50: 0, p95: 0 }): string[] {
  return [p50, p95].map((ms) => String(Math.round(ms)))
}

/** The first column to the left, figures to the right. */
function alignColumns(table: string[][]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
