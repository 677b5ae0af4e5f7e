{{- define "image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* What a gateway or canvas pod has in its metadata; the component is given with the chart. */}}
{{- define "labels" -}}
app.kubernetes.io/name: pixel-playground
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: pixel-playground
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/name: pixel-playground
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "redis-labels" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/component: store
app.kubernetes.io/part-of: pixel-playground
{{- end }}

{{- /* What gateway and canvas pods have in common: k8s/base/pod.yaml has the reasons. */}}
{{- define "deployment" -}}
{{- $root := .root }}
{{- $own := index .root.Values .component }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .component }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  {{- if not $root.Values.autoscaling.enabled }}
  replicas: {{ $own.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  minReadySeconds: 10
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "labels" . | nindent 8 }}
      annotations:
        # A change of the settings rolls the pods.
        checksum/settings: {{ $root.Values.settings | toYaml | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 40
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: pixel-playground
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      containers:
        - name: playground
          image: {{ include "image" $root }}
          imagePullPolicy: IfNotPresent
          args:
            - --node=$(POD_NAME)
            - --listen=:8080
            - --gossip=[$(POD_IP)]:7946
            - --peer=[$(POD_IP)]:7947
            - --join=dns:peers:7946
            - --drain-timeout=20s
          envFrom:
            - configMapRef:
                name: settings
          env:
            - name: PLAYGROUND_ROLES
              value: {{ .component }}
            - name: GOMEMLIMIT
              value: {{ $own.goMemoryLimit }}
            {{- if eq .component "gateway" }}
            - name: PLAYGROUND_ADMIN_TOKEN_FILE
              value: /etc/operators/admin-token
            {{- end }}
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
            - name: PLAYGROUND_REDIS
              value: {{ if $root.Values.redis.enabled }}redis://redis:6379{{ else }}{{ required "redis.url: must be the URL of a Redis, since redis.enabled is false" $root.Values.redis.url }}{{ end }}
            - name: PLAYGROUND_REDIS_PASSWORD_FILE
              value: /etc/playground/redis-password
            - name: PLAYGROUND_GOSSIP_KEY_FILE
              value: /etc/playground/gossip-key
            {{- with $root.Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          volumeMounts:
            {{- if eq .component "gateway" }}
            - name: operators
              mountPath: /etc/operators
              readOnly: true
            {{- end }}
            - name: secrets
              mountPath: /etc/playground
              readOnly: true
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
            - name: gossip
              containerPort: 7946
              protocol: TCP
            - name: gossip-udp
              containerPort: 7946
              protocol: UDP
            - name: peer
              containerPort: 7947
              protocol: TCP
          {{- if eq .component "gateway" }}
          lifecycle:
            preStop:
              sleep:
                seconds: 5
          {{- end }}
          startupProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          resources:
            {{- toYaml $own.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
      volumes:
        {{- if eq .component "gateway" }}
        - name: operators
          secret:
            secretName: {{ $root.Values.secret }}
            defaultMode: 0440
            items:
              - key: admin-token
                path: admin-token
        {{- end }}
        - name: secrets
          secret:
            secretName: {{ $root.Values.secret }}
            defaultMode: 0440
            items:
              - key: gossip-key
                path: gossip-key
              - key: redis-password
                path: redis-password
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .component }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/part-of: pixel-playground
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: IfHealthyBudget
  selector:
    matchLabels:
      {{- include "selector" . | nindent 6 }}
{{- end }}
