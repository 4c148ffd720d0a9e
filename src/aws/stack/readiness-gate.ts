/** Condition types of pod readiness gates, followed by the name of a target group (of the binding in the AWS Load Balancer Controller). */
export const READINESS_GATE_PREFIX = 'target-health.elbv2.k8s.aws/'
