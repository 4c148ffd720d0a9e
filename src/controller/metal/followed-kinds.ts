/** What controller and speaker follow; the rights of the chart are these. */
import {
  BFD_PROFILES,
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  COMMUNITIES,
  ENDPOINT_SLICES,
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  NAMESPACES,
  NODES,
  type Resource,
  SERVICES,
} from '../../sources/cluster/resource.ts'

/** Of all namespaces. */
export const CONTROLLER_KINDS: readonly Resource[] = [SERVICES, NAMESPACES]
/** Of all namespaces. */
export const SPEAKER_KINDS: readonly Resource[] = [SERVICES, ENDPOINT_SLICES, NODES, NAMESPACES]
/** Of the namespace of MetalLB's objects, by both. */
export const CONFIG_KINDS: readonly Resource[] = [
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  BFD_PROFILES,
  COMMUNITIES,
]
