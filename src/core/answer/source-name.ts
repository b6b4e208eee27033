/** What a source is called: its page and, where it is not the page's own text, the file or comment: `Holidays › plan.pdf`. Pure. */
export function sourceName({ title, part }: { title: string; part?: string }): string {
  return part === undefined ? title : `${title} › ${part}`
}
