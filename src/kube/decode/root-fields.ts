/** Fields that every object may have at its root. */
export const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'] as const
