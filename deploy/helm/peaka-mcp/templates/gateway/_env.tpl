{{/* Every variable of the gateway that has a value here; what is left out has the gateway's own default. */}}
{{- define "peaka-mcp.gatewayEnv" -}}
{{- $gateway := .Values.gateway -}}
{{- $peaka := .Values.peaka -}}
- name: GATEWAY_PUBLIC_URL
  value: {{ $gateway.publicUrl | quote }}
- name: GATEWAY_LISTEN
  value: "{{ $gateway.listenHost }}:8080"
- name: GATEWAY_INTERNAL_LISTEN
  value: "{{ $gateway.listenHost }}:8081"
{{- include "peaka-mcp.leavingEnv" (list $ "gateway" "GATEWAY") }}
- name: GATEWAY_BACKEND_URL
  value: "http://{{ include "peaka-mcp.component" (list $ "backend") }}:8090"
{{- with $gateway.trustedProxies }}
- name: GATEWAY_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- with $gateway.allowedOrigins }}
- name: GATEWAY_ALLOWED_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
- name: GATEWAY_DATABASE_URL
  valueFrom:
    {{- include "peaka-mcp.secretRef" (list $ "databaseUrl") | nindent 4 }}
- name: GATEWAY_DATABASE_CONNECTIONS
  value: {{ $gateway.databaseConnections | toString | quote }}
# At most, with the one more of a rollout.
- name: GATEWAY_REPLICAS
  value: {{ add1 (ternary $gateway.autoscaling.maxReplicas $gateway.replicas $gateway.autoscaling.enabled) | toString | quote }}
{{- if .Values.redis.enabled }}
- name: GATEWAY_REDIS_URL
  valueFrom:
    {{- include "peaka-mcp.secretRef" (list $ "redisUrl") | nindent 4 }}
{{- end }}
- name: GATEWAY_MASTER_KEYS
  valueFrom:
    {{- include "peaka-mcp.secretRef" (list $ "masterKeys") | nindent 4 }}
- name: GATEWAY_ACCESS_TOKEN_SECONDS
  value: {{ $gateway.accessTokenSeconds | int64 | toString | quote }}
- name: GATEWAY_SESSION_IDLE_SECONDS
  value: {{ $gateway.sessionIdleSeconds | int64 | toString | quote }}
- name: GATEWAY_SESSION_SECONDS
  value: {{ $gateway.sessionSeconds | int64 | toString | quote }}
{{- with $gateway.cimd.privateHosts }}
{{- $pairs := list }}
{{- range $host, $address := . }}
{{- $pairs = append $pairs (printf "%s=%s" $host $address) }}
{{- end }}
- name: GATEWAY_CIMD_PRIVATE_HOSTS
  value: {{ join "," $pairs | quote }}
{{- end }}
- name: GATEWAY_CIMD_PORTS
  value: {{ join "," $gateway.cimd.ports | quote }}
{{- if $gateway.cimd.caConfigMap.name }}
- name: GATEWAY_CIMD_CA_FILE
  value: /etc/peaka-mcp/cimd-ca/ca.crt
{{- end }}
- name: PEAKA_ISSUER
  value: {{ $peaka.issuer | quote }}
{{- with $peaka.authorizationEndpoint }}
- name: PEAKA_AUTHORIZATION_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with $peaka.tokenEndpoint }}
- name: PEAKA_TOKEN_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with $peaka.userinfoEndpoint }}
- name: PEAKA_USERINFO_ENDPOINT
  value: {{ . | quote }}
{{- end }}
- name: PEAKA_CLIENT_ID
  value: {{ $peaka.clientId | quote }}
- name: PEAKA_CLIENT_SECRET
  valueFrom:
    {{- include "peaka-mcp.secretRef" (list $ "peakaClientSecret") | nindent 4 }}
{{- with $peaka.scopes }}
- name: PEAKA_SCOPES
  value: {{ join " " . | quote }}
{{- end }}
- name: PEAKA_CLIENT_AUTH
  value: {{ $peaka.clientAuth }}
- name: PEAKA_IDENTITY
  value: {{ $peaka.identity }}
- name: PARTNER_API_BASE_URL
  value: {{ $peaka.partnerApiBaseUrl | quote }}
{{ include "peaka-mcp.telemetryEnv" . }}
{{- end -}}
