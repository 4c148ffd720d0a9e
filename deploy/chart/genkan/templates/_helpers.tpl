{{- define "genkan.fullname" -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else -}}{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}{{- end -}}
{{- end -}}
{{- end -}}
{{- define "genkan.controller" -}}{{ printf "%s-%s" (include "genkan.fullname" .) .Values.controller.name | trunc 63 | trimSuffix "-" }}{{- end -}}
{{- define "genkan.namespace" -}}{{ default .Release.Namespace .Values.namespaceOverride }}{{- end -}}
{{- define "genkan.account" -}}{{ if .Values.serviceAccount.create }}{{ default (include "genkan.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}{{- end -}}
{{- define "genkan.lease" -}}{{ default (printf "%s-leader" (include "genkan.fullname" .)) .Values.controller.electionID }}{{- end -}}
{{- define "genkan.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}
{{- define "genkan.labels" -}}
{{ include "genkan.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: genkan
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{/* The image of a moved values file would start another program. */}}
{{- define "genkan.isForeignImage" -}}{{- with .Values.controller.image }}{{ if contains "ingress-nginx" (printf "%s %s" .repository .image) }}yes{{ end }}{{ end -}}{{- end -}}
{{- define "genkan.image" -}}
{{- $i := .Values.controller.image -}}
{{- if include "genkan.isForeignImage" . -}}genkan:{{ .Chart.AppVersion }}
{{- else -}}
{{- $name := $i.repository -}}
{{- if not $name }}{{ $name = ternary (printf "%s/%s" $i.registry $i.image) $i.image (ne $i.registry "") }}{{ end -}}
{{ $name }}:{{ default .Chart.AppVersion $i.tag }}{{ with $i.digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}
{{- define "genkan.watchNamespace" -}}{{ if or .Values.controller.scope.enabled .Values.rbac.scope }}{{ default (include "genkan.namespace" .) .Values.controller.scope.namespace }}{{ end }}{{- end -}}
{{- define "genkan.publishes" -}}{{ if and .Values.controller.publishService.enabled (or .Values.controller.service.enabled .Values.controller.publishService.pathOverride) }}yes{{ end }}{{- end -}}
{{/* A Service that is not the chart's own, as namespace/name. */}}
{{- define "genkan.publishedService" -}}{{ if not (contains "$(" .Values.controller.publishService.pathOverride) }}{{ if .Values.controller.publishService.enabled }}{{ .Values.controller.publishService.pathOverride }}{{ end }}{{ end }}{{- end -}}
{{/* Nodes are read where nothing else says which addresses are ours. */}}
{{- define "genkan.readsNodes" -}}{{ if not (or (include "genkan.publishes" .) (hasKey (default dict .Values.controller.extraArgs) "publish-status-address") (hasKey (default dict .Values.controller.extraArgs) "publish-service")) }}yes{{ end }}{{- end -}}
{{- define "genkan.awsName" -}}{{ include "genkan.fullname" . }}-aws{{- end -}}
{{- define "genkan.awsAccount" -}}{{ if .Values.aws.serviceAccount.create }}{{ default (include "genkan.awsName" .) .Values.aws.serviceAccount.name }}{{ else }}{{ default "default" .Values.aws.serviceAccount.name }}{{ end }}{{- end -}}
{{- define "genkan.awsSelector" -}}{{ include "genkan.selector" . | replace "component: controller" "component: aws" }}{{- end -}}
{{- define "genkan.awsLabels" -}}{{ include "genkan.labels" . | replace "component: controller" "component: aws" }}{{- end -}}
{{- define "genkan.speakerName" -}}{{ include "genkan.fullname" . }}-speaker{{- end -}}
{{- define "genkan.speakerAccount" -}}{{ if .Values.speaker.serviceAccount.create }}{{ default (include "genkan.speakerName" .) .Values.speaker.serviceAccount.name }}{{ else }}{{ default "default" .Values.speaker.serviceAccount.name }}{{ end }}{{- end -}}
{{- define "genkan.speakerSelector" -}}{{ include "genkan.selector" . | replace "component: controller" "component: speaker" }}{{- end -}}
{{- define "genkan.speakerLabels" -}}{{ include "genkan.labels" . | replace "component: controller" "component: speaker" }}{{- end -}}
{{- define "genkan.metalNamespace" -}}{{ default "metallb-system" .Values.metal.namespace }}{{- end -}}
{{- define "genkan.speakerMetalNamespace" -}}{{ default (include "genkan.metalNamespace" .) .Values.speaker.metalNamespace }}{{- end -}}
{{- define "genkan.metalName" -}}{{ include "genkan.fullname" . }}-metal{{- end -}}
{{- define "genkan.metalAccount" -}}{{ if .Values.metal.serviceAccount.create }}{{ default (include "genkan.metalName" .) .Values.metal.serviceAccount.name }}{{ else }}{{ default "default" .Values.metal.serviceAccount.name }}{{ end }}{{- end -}}
{{- define "genkan.metalSelector" -}}{{ include "genkan.selector" . | replace "component: controller" "component: metal" }}{{- end -}}
{{- define "genkan.metalLabels" -}}{{ include "genkan.labels" . | replace "component: controller" "component: metal" }}{{- end -}}
{{- define "genkan.heartbeatSecret" -}}{{ default (printf "%s-heartbeat" (include "genkan.fullname" .)) .Values.speaker.heartbeat.secret }}{{- end -}}
{{/* Is there already, and of somebody else: it stays as it is. Takes [root, apiVersion, kind, namespace, name]. */}}
{{- define "genkan.isOthers" -}}
{{- $release := (index . 0).Release -}}
{{- with lookup (index . 1) (index . 2) (index . 3) (index . 4) -}}
{{- $is := default dict .metadata.annotations -}}
{{- if or (ne (toString (get $is "meta.helm.sh/release-name")) $release.Name) (ne (toString (get $is "meta.helm.sh/release-namespace")) $release.Namespace) }}yes{{ end -}}
{{- end -}}
{{- end -}}
