/**
 * 32-bit hash of a text, the same in every process: FNV-1a over UTF-16 units with the finaliser of MurmurHash3, without
 * which texts that differ in their last character alone stay neighbours. Not for secrets.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
