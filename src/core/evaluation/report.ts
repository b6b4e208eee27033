// Figures → the table that is printed. Pure.
import type { EvaluationFigures, RankingFigures } from './metrics.ts'

export function renderReport(figures: EvaluationFigures): string {
  const { abstention, latencyMs, leaks } = figures
  const kinds = Object.entries(figures.byKind).filter(([kind]) => kind !== 'followup')
  const table = [
    ['', 'questions', 'hit@1', 'hit@5', 'recall@10', 'MRR@10'],
    ...kinds.map(([kind, row]) => rankingRow(kind, row)),
    rankingRow('all answerable', figures.answerable),
    ...(figures.followup.questions > 0 ? [rankingRow('follow-ups', figures.followup)] : []),
  ]
  return [
    ...alignColumns(table),
    '',
    `Declined rightly   ${abstention.declined} of ${abstention.shouldDecline} unanswerable or restricted questions`,
    `Declined wrongly   ${abstention.wronglyDeclined} of ${abstention.shouldAnswer} answerable questions and follow-ups`,
    leaks.length === 0 ? 'Leaks              none' : `Leaks              ${leaks.length}`,
    ...leaks.map(({ questionId, pageId, where }) => `  ${questionId}: page ${pageId} in ${where}`),
    `Time               p50 ${Math.round(latencyMs.p50)} ms, p95 ${Math.round(latencyMs.p95)} ms`,
  ].join('\n')
}

function rankingRow(name: string, { questions, hit1, hit5, recall10, mrr10 }: RankingFigures): string[] {
  return [name, String(questions), ...[hit1, hit5, recall10, mrr10].map((figure) => figure.toFixed(3))]
}

/** The first column to the left, figures to the right. */
function alignColumns(table: string[][]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}
