{{/* The files that the gateway reads, and where they come from. Empty without any. */}}
{{- define "peaka-mcp.gatewayMounts" -}}
{{- $gateway := .Values.gateway -}}
{{- if or $gateway.cimd.caConfigMap.name $gateway.extraVolumeMounts -}}
volumeMounts:
  {{- if $gateway.cimd.caConfigMap.name }}
  - { name: cimd-ca, mountPath: /etc/peaka-mcp/cimd-ca, readOnly: true }
  {{- end }}
  {{- with $gateway.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "peaka-mcp.gatewayVolumes" -}}
{{- $gateway := .Values.gateway -}}
{{- if or $gateway.cimd.caConfigMap.name $gateway.extraVolumes -}}
volumes:
  {{- with $gateway.cimd.caConfigMap }}
  {{- if .name }}
  - name: cimd-ca
    configMap:
      name: {{ .name }}
      items:
        - { key: {{ .key }}, path: ca.crt }
  {{- end }}
  {{- end }}
  {{- with $gateway.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
{{- end -}}
