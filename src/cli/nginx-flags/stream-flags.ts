/** Flags of ingress-nginx about what is passed on unread, the same for every command that reads manifests. */
import type { Command } from 'commander'
import type { TranslateOptions } from '../../dialects/translation.ts'

export interface StreamFlags {
  readonly tcpServicesConfigmap?: string
  readonly udpServicesConfigmap?: string
  readonly enableSslPassthrough?: boolean
}

export function addStreamFlags(command: Command): Command {
  return command
    .option(
      '--tcp-services-configmap <namespace/name>',
      'ConfigMap of TCP services: port to namespace/service:port',
      '',
    )
    .option('--udp-services-configmap <namespace/name>', 'ConfigMap of UDP services', '')
    .option('--enable-ssl-passthrough', 'allow the annotation ssl-passthrough', false)
}

export function toStreamOptions(
  flags: StreamFlags,
): Required<Pick<TranslateOptions, 'tcpServices' | 'udpServices' | 'enablesPassthrough'>> {
  return {
    tcpServices: flags.tcpServicesConfigmap ?? '',
    udpServices: flags.udpServicesConfigmap ?? '',
    enablesPassthrough: flags.enableSslPassthrough ?? false,
  }
}
