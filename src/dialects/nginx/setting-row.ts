/** Rows of settings: how one value is read and where it goes. Annotations and ConfigMap keys share the form. */
import type { Decoder } from './values.ts'

/** @returns what would be accepted, or `null` when the value was taken */
export type SettingRow<D> = (text: string, draft: D) => string | null

export function settingRow<T, D>(decode: Decoder<T>, apply: (draft: D, value: T) => void): SettingRow<D> {
  return (text, draft) => {
    const decoded = decode(text)
    if (!decoded.ok) return decoded.accepted
    apply(draft, decoded.value)
    return null
  }
}
