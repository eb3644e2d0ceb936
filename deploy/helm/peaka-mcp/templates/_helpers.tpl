{{- define "peaka-mcp.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the longest suffix, "-gateway-internal". */}}
{{- define "peaka-mcp.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "peaka-mcp.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "peaka-mcp.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The three below take (list $ "gateway"|"backend"). */}}
{{- define "peaka-mcp.component" -}}
{{- printf "%s-%s" (include "peaka-mcp.fullname" (first .)) (last .) -}}
{{- end -}}

{{- define "peaka-mcp.selector" -}}
app.kubernetes.io/name: {{ include "peaka-mcp.name" (first .) }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{- define "peaka-mcp.labels" -}}
{{- $root := first . -}}
{{ include "peaka-mcp.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: peaka-mcp
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* On pods without the chart's version, which would restart them for nothing. Takes (list $ component). */}}
{{- define "peaka-mcp.podLabels" -}}
{{- $root := first . -}}
{{ include "peaka-mcp.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: peaka-mcp
{{- with merge (dict) (get $root.Values (last .)).podLabels $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "peaka-mcp.image" -}}
{{- $root := first . -}}
{{- $image := (get $root.Values (last .)).image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default $root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{/* Takes (list $ "databaseUrl"). */}}
{{- define "peaka-mcp.secretRef" -}}
{{- $secrets := (first .).Values.secrets -}}
{{- $secret := get $secrets (last .) -}}
{{- $name := default $secrets.existingSecret $secret.name -}}
{{- if not $name -}}
{{- fail (printf "secrets.existingSecret or secrets.%s.name must name a Secret" (last .)) -}}
{{- end -}}
secretKeyRef:
  name: {{ $name }}
  key: {{ $secret.key }}
{{- end -}}

{{/* host:port of the public URL without the port. */}}
{{- define "peaka-mcp.host" -}}
{{- (urlParse .Values.gateway.publicUrl).host | splitList ":" | first -}}
{{- end -}}

{{/* An image without a shell, a user without a name, a root that nobody writes to. */}}
{{- define "peaka-mcp.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "peaka-mcp.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The pod must not be killed while it drains. Takes (list $ component listeners): one drains after the other. */}}
{{- define "peaka-mcp.gracePeriod" -}}
{{- $component := index . 1 -}}
{{- $values := get (first .).Values $component -}}
{{- $drain := mul $values.drainSeconds (last .) -}}
{{- $least := add $values.preStopSeconds $values.shutdownDelaySeconds $drain 5 -}}
{{- if lt (int $values.terminationGracePeriodSeconds) (int $least) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds must be at least %d: preStopSeconds, shutdownDelaySeconds, %d seconds of draining, and 5" $component (int $least) (int $drain)) -}}
{{- end -}}
{{ $values.terminationGracePeriodSeconds }}
{{- end -}}

{{/* How a service leaves: variables of which the grace period must know. Takes (list $ component prefix). */}}
{{- define "peaka-mcp.leavingEnv" -}}
{{- $component := index . 1 -}}
{{- $values := get (first .).Values $component -}}
{{- range $suffix, $value := dict "SHUTDOWN_DELAY_SECONDS" "shutdownDelaySeconds" "DRAIN_SECONDS" "drainSeconds" }}
{{- $name := printf "%s_%s" (last $) $suffix }}
{{- range $values.extraEnv }}
{{- if eq .name $name }}
{{- fail (printf "%s is %s.%s, not a variable of extraEnv: the grace period is held against it" $name $component $value) }}
{{- end }}
{{- end }}
- name: {{ $name }}
  value: {{ get $values $value | int64 | toString | quote }}
{{- end }}
{{- end -}}

{{/* What both Deployments say alike about where their pods go. Takes (list $ component). */}}
{{- define "peaka-mcp.placement" -}}
{{- $root := first . -}}
{{- $values := get $root.Values (last .) -}}
{{ include "peaka-mcp.nodes" . | trim }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: {{ $values.topologySpread }}
    labelSelector:
      matchLabels:
        {{- include "peaka-mcp.selector" (list $root (last $)) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end -}}

{{/* With which rights images come, and on which nodes pods may run. Takes (list $ component). */}}
{{- define "peaka-mcp.nodes" -}}
{{- $root := first . -}}
{{- $values := get $root.Values (last .) -}}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "peaka-mcp.telemetryEnv" -}}
- name: LOG_FORMAT
  value: {{ .Values.telemetry.logFormat | quote }}
{{- with .Values.telemetry.logFilter }}
- name: LOG_FILTER
  value: {{ . | quote }}
{{- end }}
{{- with .Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Takes (list $ component). */}}
{{- define "peaka-mcp.hpa" -}}
{{- $root := first . -}}
{{- $values := (get $root.Values (last .)).autoscaling -}}
{{- if $values.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "peaka-mcp.component" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "peaka-mcp.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "peaka-mcp.component" . }}
  minReplicas: {{ $values.minReplicas }}
  maxReplicas: {{ $values.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $values.cpuPercent }}
    {{- if $values.inFlight.enabled }}
    - type: Pods
      pods:
        metric:
          name: {{ $values.inFlight.metric }}
        target:
          type: AverageValue
          averageValue: {{ $values.inFlight.average | quote }}
    {{- end }}
  behavior:
    scaleDown:
      # Each pod that goes ends streams; one at a time, and not for a short lull.
      stabilizationWindowSeconds: 300
      policies:
        - type: Pods
          value: 1
          periodSeconds: 60
{{- end -}}
{{- end -}}

{{/* Takes (list $ component). */}}
{{- define "peaka-mcp.pdb" -}}
{{- $root := first . -}}
{{- $values := (get $root.Values (last .)).pdb -}}
{{- if $values.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "peaka-mcp.component" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "peaka-mcp.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ $values.maxUnavailable }}
  # A pod that is not ready serves nobody and must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "peaka-mcp.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/* Takes (list $ component). The token of the API server is of no use to either service. */}}
{{- define "peaka-mcp.serviceAccount" -}}
{{- $root := first . -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "peaka-mcp.component" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "peaka-mcp.labels" . | nindent 4 }}
  {{- with (get $root.Values (last .)).serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
