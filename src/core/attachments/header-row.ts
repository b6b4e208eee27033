/** Is the first row names rather than values: several cells, each different, none a number or a date? */
export function looksLikeHeader(rows: string[][]): boolean {
  const names = rows[0]?.filter((cell) => cell !== '') ?? []
  if (rows.length < 2 || names.length < 2 || names.length * 2 < (rows[0]?.length ?? 0)) return false
  return new Set(names).size === names.length && names.every((name) => /\p{L}/u.test(name) && !/^[\d(+-]/.test(name))
}
