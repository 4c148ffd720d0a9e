/** What differs from ingress-nginx for every object, whatever it says. Sentences; backquotes mark code. */
export const GENERAL_DIFFERENCES: readonly string[] = [
  'In the cluster it is `genkan serve`, which takes the flags of the Deployment by their names; `genkan dev` serves the same manifests on a laptop.',
  'A change never reloads anything: no connection is closed, WebSockets live on, and it is served within milliseconds.',
  'A value that cannot be read affects its own annotation alone, with a finding; ingress-nginx drops the whole Ingress for some. Where an annotation means protection, its routes answer 503 instead of serving unprotected.',
  'Regular expressions run in linear time. Look-around and back-references are refused, with an error for each.',
  'Configuration text (snippets) is never executed. Each is listed below with what to write instead.',
  'Limits hold over all workers of a replica, as in ingress-nginx; round robin is each worker’s own.',
  'Answers of the proxy itself carry `Server: genkan`; a head that is too large is answered 431 instead of 400.',
  'Hosts whose TLS Secret is missing get a generated certificate for their name instead of the one of "Kubernetes Ingress Controller Fake Certificate".',
  'Metrics and access log keep their names, labels and variables; metrics of nginx itself (worker processes, reloads) have no equal.',
]
