// Headers, footers and page numbers of a PDF that has no tags for them.

type Seen = { numbers: number[]; page: number; repeats: number }

/**
 * Asked for the first and the last line of each page, in order: does it only repeat itself or count the pages? A line that
 * does is kept where it is new.
 */
export function createFurnitureFilter(): (text: string, page: number) => boolean {
  const seen = new Map<string, Seen>()
  return (text, page) => {
    const numbers = (text.match(/\d{1,6}/g) ?? []).map(Number)
    const form = text.replace(/\d{1,6}/g, '#')
    const before = seen.get(form)
    const steps = numbers.map((number, index) => number - (before?.numbers[index] ?? Number.NaN))
    const isSame = before !== undefined && steps.every((step) => step === 0)
    seen.set(form, { numbers, page, repeats: isSame ? before.repeats + 1 : 0 })
    if (before === undefined || isSame) return (before?.repeats ?? 0) >= 1
    return steps.every((step) => step === 0 || step === page - before.page)
  }
}
