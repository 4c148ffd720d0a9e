/** True when `a` is surely an older version than `b`: both are the numbers that the API server writes. Others are never older. */
export function isOlderVersion(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
