/**
 * Distinguished names in the form of RFC 2253, as nginx prints `$ssl_client_s_dn`: last part first, parts joined by commas,
 * whatever is not ASCII escaped byte by byte.
 */

/**
 * @param text as `X509Certificate` has it: one line for each part, several values of one part joined by ` + `, special
 * characters escaped already. Their own `+` is escaped, line ends are too, so that both separators are unmistakable.
 */
export function toRfc2253(text: string): string {
  const parts = text.split('\n').map((part) => part.split(' + ').reverse().join('+'))
  return parts
    .reverse()
    .join(',')
    .replaceAll(/[^\x20-\x7e]+/g, escapeBytes)
}

function escapeBytes(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text, 'utf8')) out += `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return out
}
