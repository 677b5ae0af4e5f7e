{{- /* What people and programs need: the paths of the manifests' Ingress, which says why not more. */}}
{{- define "paths" -}}
{{- $manifest := .Files.Get "files/ingress.yaml" | fromYaml }}
{{- $paths := (index $manifest.spec.rules 0).http.paths }}
{{- if .Values.dashboard }}{{ $paths = append $paths (dict "path" "/admin" "pathType" "Prefix") }}{{ end }}
{{- toYaml $paths }}
{{- end }}
