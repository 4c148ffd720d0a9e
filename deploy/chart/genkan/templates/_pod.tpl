{{- define "genkan.args" -}}
{{- $c := .Values.controller -}}
- serve
{{- if include "genkan.publishes" . }}
- --publish-service={{ default (printf "$(POD_NAMESPACE)/%s" (include "genkan.controller" .)) $c.publishService.pathOverride }}
{{- end }}
- --election-id={{ include "genkan.lease" . }}
{{- with $c.electionTTL }}
- --election-ttl={{ . }}
{{- end }}
{{- if $c.disableLeaderElection }}
- --disable-leader-election=true
{{- end }}
- --controller-class={{ $c.ingressClassResource.controllerValue }}
{{- with $c.ingressClass }}
- --ingress-class={{ . }}
{{- end }}
{{- if $c.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if $c.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
- --configmap=$(POD_NAMESPACE)/{{ include "genkan.controller" . }}
{{- if .Values.tcp }}
- --tcp-services-configmap=$(POD_NAMESPACE)/{{ include "genkan.fullname" . }}-tcp
{{- end }}
{{- if .Values.udp }}
- --udp-services-configmap=$(POD_NAMESPACE)/{{ include "genkan.fullname" . }}-udp
{{- end }}
{{- with include "genkan.watchNamespace" . }}
- --watch-namespace={{ . }}
{{- else }}{{ with $c.scope.namespaceSelector }}
- --watch-namespace-selector={{ . }}
{{- end }}{{ end }}
{{- with .Values.defaultBackend.service }}
- --default-backend-service={{ . }}
{{- end }}
{{- if $c.reportNodeInternalIp }}
- --report-node-internal-ip-address=true
{{- end }}
- --http-port={{ $c.containerPort.http }}
- --https-port={{ $c.containerPort.https }}
- --healthz-port={{ $c.metrics.port }}
{{- if ne $c.healthCheckPath "/healthz" }}
- --health-check-path={{ $c.healthCheckPath }}
{{- end }}
- --shutdown-grace-period={{ $c.shutdownGracePeriod }}
{{- with $c.workers }}
- --workers={{ . }}
{{- end }}
{{- if $c.admissionWebhooks.enabled }}
- --validating-webhook=:{{ $c.admissionWebhooks.port }}
- --webhook-configuration={{ include "genkan.fullname" . }}-admission
{{- end }}
{{- range $name, $value := $c.extraArgs }}
- --{{ $name }}{{ if ne (toString $value) "" }}={{ $value }}{{ end }}
{{- end }}
{{- end -}}
{{- define "genkan.pod" -}}
{{- $c := .Values.controller -}}
metadata:
  labels:
    {{- include "genkan.labels" . | nindent 4 }}
    {{- with $c.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with $c.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "genkan.account" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
  terminationGracePeriodSeconds: {{ $c.terminationGracePeriodSeconds }}
  dnsPolicy: {{ if and $c.hostNetwork (eq $c.dnsPolicy "ClusterFirst") }}ClusterFirstWithHostNet{{ else }}{{ $c.dnsPolicy }}{{ end }}
  {{- if $c.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- range $key := list "dnsConfig" "hostAliases" "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "affinity" }}
  {{- with get $c $key }}
  {{ $key }}: {{- if kindIs "string" . }} {{ . }}{{ else }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
  {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if $c.topologySpreadConstraints }}
    {{- tpl (toYaml $c.topologySpreadConstraints) . | nindent 4 }}
    {{- else }}
    {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "genkan.selector" $ | nindent 10 }}
    {{- end }}
    {{- end }}
  securityContext:
    {{- if $c.podSecurityContext }}
    {{- toYaml $c.podSecurityContext | nindent 4 }}
    {{- else }}
    runAsNonRoot: true
    seccompProfile: { type: RuntimeDefault }
    {{- if not $c.hostNetwork }}
    # Without privilege escalation some runtimes keep from the program its right to ports below 1024.
    sysctls: [{ name: net.ipv4.ip_unprivileged_port_start, value: "0" }]
    {{- end }}
    {{- end }}
  {{- with $c.extraInitContainers }}
  initContainers: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ $c.containerName }}
      image: {{ include "genkan.image" . | quote }}
      imagePullPolicy: {{ $c.image.pullPolicy }}
      args: {{- include "genkan.args" . | nindent 8 }}
      securityContext:
        {{- if $c.containerSecurityContext }}
        {{- toYaml $c.containerSecurityContext | nindent 8 }}
        {{- else }}
        runAsNonRoot: true
        runAsUser: {{ $c.image.runAsUser }}
        runAsGroup: {{ $c.image.runAsGroup }}
        allowPrivilegeEscalation: {{ $c.image.allowPrivilegeEscalation }}
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }
        seccompProfile: { type: RuntimeDefault }
        {{- end }}
      env:
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
        {{- with $c.extraEnvs }}{{ toYaml . | nindent 8 }}{{ end }}
      ports:
        - name: http
          containerPort: {{ $c.containerPort.http }}
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $c.hostPort.ports.http }}
          {{- end }}
        - name: https
          containerPort: {{ $c.containerPort.https }}
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $c.hostPort.ports.https }}
          {{- end }}
        - { name: health, containerPort: {{ $c.metrics.port }} }
        {{- if $c.admissionWebhooks.enabled }}
        - { name: webhook, containerPort: {{ $c.admissionWebhooks.port }} }
        {{- end }}
        {{- range $port, $_ := .Values.tcp }}
        - { name: {{ printf "%s%s-tcp" $.Values.portNamePrefix $port }}, containerPort: {{ $port }}, protocol: TCP }
        {{- end }}
        {{- range $port, $_ := .Values.udp }}
        - { name: {{ printf "%s%s-udp" $.Values.portNamePrefix $port }}, containerPort: {{ $port }}, protocol: UDP }
        {{- end }}
      {{- with $c.startupProbe }}
      startupProbe: {{- toYaml . | nindent 8 }}
      {{- end }}
      livenessProbe: {{- toYaml $c.livenessProbe | nindent 8 }}
      readinessProbe: {{- toYaml $c.readinessProbe | nindent 8 }}
      {{- /* The preStop hook of ingress-nginx is a program of its image. */}}
      {{- if and $c.lifecycle (not (contains "wait-shutdown" (toJson $c.lifecycle))) }}
      lifecycle: {{- toYaml $c.lifecycle | nindent 8 }}
      {{- end }}
      {{- with $c.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $hasTmp := contains "\"mountPath\":\"/tmp\"" (toJson $c.extraVolumeMounts) }}
      {{- if or $c.extraVolumeMounts (not $hasTmp) }}
      volumeMounts:
        {{- if not $hasTmp }}
        - { name: genkan-tmp, mountPath: /tmp }
        {{- end }}
        {{- with $c.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- end }}
    {{- with $c.extraContainers }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- if or $c.extraVolumes (not $hasTmp) }}
  volumes:
    {{- if not $hasTmp }}
    # Sockets by which workers meet: the rest of the file system is read-only.
    - { name: genkan-tmp, emptyDir: { sizeLimit: 16Mi } }
    {{- end }}
    {{- with $c.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
{{- end -}}
