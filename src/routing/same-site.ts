/**
 * Browsers that take `SameSite=None` for `Strict` or drop the cookie: those of iOS 12, of macOS 10.14 other than Chromium,
 * Chromium 51 to 66, and UC Browser before 12.13.2 (Chromium's published list of incompatible clients).
 */

/** Longer User-Agent texts are cut: what counts stands at their beginning. */
const LONGEST = 512

export function rejectsSameSiteNone(userAgent: string): boolean {
  const text = userAgent.slice(0, LONGEST)
  return hasWebKitBug(text) || dropsUnknownValues(text)
}

function hasWebKitBug(text: string): boolean {
  if (/\(iP[^)]*; CPU [^)]*OS 12[_\d]*[^)]*\) AppleWebKit\//.test(text)) return true
  if (!/\(Macintosh;[^)]*Mac OS X 10_14[_\d]*[^)]*\) AppleWebKit\//.test(text) || isChromium(text)) return false
  // Safari itself, or a view that an application embeds, whose text ends after the engine.
  return text.includes('Version/') || /AppleWebKit\/[.\d]+ \(KHTML, like Gecko\)$/.test(text)
}

function dropsUnknownValues(text: string): boolean {
  const uc = /UCBrowser\/(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text)
  if (uc !== null) return compareVersions([Number(uc[1]), Number(uc[2]), Number(uc[3])], [12, 13, 2]) < 0
  const chromium = /Chrom(?:e|ium)\/(\d{1,4})\./.exec(text)
  return chromium !== null && Number(chromium[1]) >= 51 && Number(chromium[1]) <= 66
}

function isChromium(text: string): boolean {
  return /Chrom(?:e|ium)\//.test(text)
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
