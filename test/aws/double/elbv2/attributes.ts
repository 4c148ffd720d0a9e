import { refuse } from '../refusal.ts'
import type { Handlers, World } from '../world.ts'
import { listenerOf, loadBalancerOf, targetGroupOf } from './lookup.ts'

type Actions =
  | 'elbv2:DescribeLoadBalancerAttributes'
  | 'elbv2:ModifyLoadBalancerAttributes'
  | 'elbv2:DescribeTargetGroupAttributes'
  | 'elbv2:ModifyTargetGroupAttributes'
  | 'elbv2:DescribeListenerAttributes'
  | 'elbv2:ModifyListenerAttributes'

type Given = readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined

export function attributeHandlers(world: World): Handlers<Actions> {
  return {
    'elbv2:DescribeLoadBalancerAttributes': (input) => list(loadBalancerOf(world, input.LoadBalancerArn).attributes),
    'elbv2:ModifyLoadBalancerAttributes': (input) => {
      const { attributes } = loadBalancerOf(world, input.LoadBalancerArn)
      const wished = write(attributes, input.Attributes, 20)
      for (const kind of ['access_logs', 'connection_logs', 'health_check_logs']) {
        if (wished.get(`${kind}.s3.enabled`) === 'true' && wished.get(`${kind}.s3.bucket`) === '') {
          refuse('InvalidConfigurationRequest', `The value of '${kind}.s3.bucket' cannot be empty`)
        }
      }
      return commit(attributes, wished)
    },
    'elbv2:DescribeTargetGroupAttributes': (input) => list(targetGroupOf(world, input.TargetGroupArn).attributes),
    'elbv2:ModifyTargetGroupAttributes': (input) => {
      const { attributes, shape } = targetGroupOf(world, input.TargetGroupArn)
      const wished = write(attributes, input.Attributes, 30)
      const isTcpIp = shape.TargetType === 'ip' && /UDP/.test(shape.Protocol ?? '')
      if (isTcpIp && wished.get('preserve_client_ip.enabled') === 'false') {
        refuse('InvalidConfigurationRequest', 'preserve_client_ip.enabled cannot be changed for UDP and TCP_UDP')
      }
      return commit(attributes, wished)
    },
    'elbv2:DescribeListenerAttributes': (input) => list(listenerOf(world, input.ListenerArn).attributes),
    'elbv2:ModifyListenerAttributes': (input) => {
      const { attributes } = listenerOf(world, input.ListenerArn)
      return commit(attributes, write(attributes, input.Attributes, 30))
    },
  }
}

function list(attributes: ReadonlyMap<string, string>): { Attributes: { Key: string; Value: string }[] } {
  return { Attributes: [...attributes].map(([Key, Value]) => ({ Key, Value })) }
}

function write(attributes: ReadonlyMap<string, string>, given: Given, limit: number): Map<string, string> {
  if (given === undefined || given.length === 0 || given.length > limit) {
    refuse('ValidationError', `${given?.length ?? 0} attributes; 1 to ${limit} can be given`)
  }
  const wished = new Map(attributes)
  for (const { Key: key = '', Value: value = '' } of given) {
    const old = attributes.get(key)
    if (old === undefined) refuse('ValidationError', `Attribute key '${key}' is not recognized`)
    if ((old === 'true' || old === 'false') && value !== 'true' && value !== 'false') {
      refuse('ValidationError', `Attribute value '${value}' of '${key}' must be true or false`)
    }
    if (/^\d+$/.test(old) && !/^\d+$/.test(value))
      refuse('ValidationError', `Attribute value '${value}' of '${key}' must be a number`)
    wished.set(key, value)
  }
  return wished
}

function commit(attributes: Map<string, string>, wished: ReadonlyMap<string, string>): ReturnType<typeof list> {
  for (const [key, value] of wished) attributes.set(key, value)
  return list(attributes)
}
