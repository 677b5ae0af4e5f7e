{{- /* What people and programs need; k8s/base/ingress.yaml says why not more. Each is a path and whether all below it belongs to it. */}}
{{- define "paths" -}}
{{- $paths := list
  (list "/" "Exact") (list "/js" "Prefix") (list "/css" "Prefix") (list "/favicon.svg" "Exact") (list "/app.webmanifest" "Exact")
  (list "/ws" "Exact") (list "/api/canvas" "Exact") (list "/api/canvas.png" "Exact") (list "/api/pixel" "Prefix") (list "/api/pixels" "Exact")
  (list "/api/history" "Prefix") (list "/api/stats" "Exact") (list "/health" "Exact") }}
{{- if .Values.dashboard }}{{ $paths = append $paths (list "/admin" "Prefix") }}{{ end }}
{{- toYaml $paths }}
{{- end }}
