{{/* What stands in `app.kubernetes.io/name`. */}}
{{- define "CHART.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What the names of all objects start with. What is too long ends in a digest of the whole, so
     that two long names stay two. */}}
{{- define "CHART.fullname" -}}
{{- $name := include "CHART.name" . -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- end -}}
{{- if gt (len $full) ROOM -}}
{{- printf "%s-%s" ($full | trunc KEPT | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end }}

{{/* Labels that select the pods of a component, as a mapping. Arguments: context, component. */}}
{{- define "CHART.selectorLabels" -}}
{{- $context := index . 0 -}}
{{- $labels := dict "app.kubernetes.io/name" (include "CHART.name" $context) "app.kubernetes.io/instance" $context.Release.Name -}}
{{- with index . 1 }}{{ $_ := set $labels "app.kubernetes.io/component" . }}{{ end -}}
{{- $labels | toJson -}}
{{- end }}

{{/* Labels of an object, as a mapping. Arguments: context, component. */}}
{{- define "CHART.labels" -}}
{{- $context := index . 0 -}}
{{- $labels := include "CHART.selectorLabels" . | fromJson -}}
{{- $chart := printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_" -}}
{{- $_ := set $labels "helm.sh/chart" ($chart | trunc 63 | trimSuffix "-") -}}
{{- $_ := set $labels "app.kubernetes.io/version" ($context.Chart.AppVersion | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" $context.Release.Service -}}
{{- $labels | toJson -}}
{{- end }}

{{/* The reference of an image. Argument: its values. */}}
{{- define "CHART.image" -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end -}}
{{- end }}

{{/* One of the values that say where a workload may run: its own, or those of all. Arguments:
     context, workload, key. */}}
{{- define "CHART.scheduling" -}}
{{- $values := (index . 0).Values -}}
{{- $own := (index $values.workloads (index . 1)).scheduling -}}
{{- hasKey $own (index . 2) | ternary $own $values.scheduling | dig (index . 2) nil | toJson -}}
{{- end }}

{{/* The specification of a claim. Arguments: context, volume, access mode. */}}
{{- define "CHART.claim" -}}
{{- $volume := index (index . 0).Values.volumes (index . 1) -}}
{{- $spec := dict "accessModes" (list (index . 2)) "resources" (dict "requests" (dict "storage" $volume.size)) -}}
{{- if kindIs "string" $volume.storageClassName }}{{ $_ := set $spec "storageClassName" $volume.storageClassName }}{{ end -}}
{{- $spec | toJson -}}
{{- end }}

{{/* The specification of an Ingress. Arguments: context, service, port. */}}
{{- define "CHART.ingress" -}}
{{- $context := index . 0 -}}
{{- $ingress := (index $context.Values.services (index . 1)).ingress -}}
{{- $name := printf "%s-%s" (include "CHART.fullname" $context) (index . 1) -}}
{{- $backend := dict "service" (dict "name" $name "port" (dict "name" (index . 2))) -}}
{{- $path := dict "path" $ingress.path "pathType" $ingress.pathType "backend" $backend -}}
{{- $rule := dict "http" (dict "paths" (list $path)) -}}
{{- with $ingress.host }}{{ $_ := set $rule "host" . }}{{ end -}}
{{- $spec := dict "rules" (list $rule) -}}
{{- with $ingress.className }}{{ $_ := set $spec "ingressClassName" . }}{{ end -}}
{{- with $ingress.tls }}{{ $_ := set $spec "tls" . }}{{ end -}}
{{- $spec | toJson -}}
{{- end }}

{{/* A secret as it is. Arguments: context, key. */}}
{{- define "CHART.secretValue" }}{{ get (index . 0).Values.secrets (index . 1) | required (printf "secrets.%s is missing: give its value, or the name of an existingSecret" (index . 1)) }}{{ end }}

{{/* A secret as part of a URL. Arguments: context, key. */}}
{{- define "CHART.secretEncoded" }}{{ include "CHART.secretValue" . | urlquery | replace "+" "%20" }}{{ end }}

{{/* A text as it stands inside a JSON string. */}}
{{- define "CHART.jsonText" }}{{ toJson . | trimPrefix "\"" | trimSuffix "\"" }}{{ end }}

{{/* The name of the Secret. */}}
{{- define "CHART.secretName" -}}
{{- .Values.existingSecret | default (printf "%s-secret" (include "CHART.fullname" .)) | toJson -}}
{{- end }}

{{/* Changes with the Secret, so that its readers are restarted. It covers all keys at once: the
     digest of one could be guessed from a list of common passwords. */}}
{{- define "CHART.secretChecksum" -}}
{{- if .Values.existingSecret -}}
{{- .Values.existingSecret | sha256sum -}}
{{- else -}}
{{- include "CHART.secretData" . | sha256sum -}}
{{- end -}}
{{- end }}
