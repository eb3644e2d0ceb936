{{/* What both need: names, and https to public addresses (Peaka; the gateway also fetches clients' documents). */}}
{{- define "peaka-mcp.egress" -}}
{{- $egress := .Values.networkPolicy.egress -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
  {{- with $egress.dnsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    - { port: 443, protocol: TCP }
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        {{- with $egress.webExcept }}
        except:
          {{- toYaml . | nindent 10 }}
        {{- end }}
    - ipBlock:
        cidr: 2000::/3
{{- end -}}
