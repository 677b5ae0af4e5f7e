#!/bin/sh
# Replaces one secret of a running canvas while people draw:
#
#   sh k8s/rotate.sh gossip-key | redis-password | admin-token | peer-authority
#
# It takes three steps: all pods accept the new secret as well; all use it; none accepts the
# old one. A step begins when every pod has logged that it has read the step before. If a
# step takes more than 5 minutes, the script ends, with both secrets accepted: operations.md
# says how to go on. Set $NAMESPACE for another namespace than pixel-playground.
set -eu

k() { kubectl -n "${NAMESPACE:-pixel-playground}" "$@"; }
servers=app.kubernetes.io/name=pixel-playground
gateways=$servers,app.kubernetes.io/component=gateway
redises=app.kubernetes.io/name=redis,app.kubernetes.io/component=store
everybody='app.kubernetes.io/name in (pixel-playground, redis)'
notes=$(mktemp -d)
trap 'rm -rf "$notes"' EXIT

# held KEY [SECRET]: prints the value in the cluster, or nothing if there is none. It fails if the
# cluster does not tell. So callers first assign the output to a variable: there a failure ends the
# script.
held() {
  encoded=$(k get secret "${2:-playground}" --ignore-not-found -o "jsonpath={.data.$(printf %s "$1" | sed 's/\./\\./g')}") || return 1
  printf %s "$encoded" | base64 -d
}

# patch: patches the Secret from stdin, since others may see command lines.
patch() { k patch secret playground --type=merge --patch-file=/dev/stdin > /dev/null; }

# put KEY: sets its value from stdin.
put() { printf '{"data":{"%s":"%s"}}' "$1" "$(base64 | tr -d '\n')" | patch; }

# said POD: prints when the pod logged that it has read the setting anew, and in which container. It
# fails if the log can't be read.
said() {
  k logs "$1" --all-containers --prefix --timestamps --since=1h --tail=-1 > "$notes/.log" 2> /dev/null || return 1
  grep -E "secret read anew.*($setting)" "$notes/.log" || :
}

# gone POD: true if the cluster says that there is no such pod. No answer is no proof.
gone() { left=$(k get "$1" --ignore-not-found -o name 2> /dev/null) && [ -z "$left" ]; }

refuse() { echo "$1" >&2; exit 1; }

# alone: refuses to run twice at a time: each run would remove what the other has added.
alone() {
  k annotate secret playground "rotating=$1, by process $$ since $(date)" > /dev/null ||
    refuse "another rotation is under way. If it has been killed: kubectl annotate secret playground rotating-"
  trap 'rm -rf "$notes"; k annotate secret playground rotating- > /dev/null' EXIT
}

# step NAME SETTING LABELS COMMAND...: runs the command, which changes something, and waits
# until all pods with the labels have read the setting. A pod that was starting meanwhile may have
# begun with either value, and only in one case logs that it has read it: after two minutes its
# kubelet has written the files, whatever it began with.
step() {
  name=$1 setting=$2 labels=$3
  shift 3
  rm -f "$notes"/*.started
  pods=$(k get pods -l "$labels" --field-selector=status.phase=Running -o name)
  for pod in $pods; do
    tries=0
    until said "$pod" > "$notes/${pod#pod/}" || gone "$pod"; do
      tries=$((tries + 1))
      if [ $tries -gt 30 ]; then refuse "$name: the log of $pod can't be read"; fi
      sleep 1
    done
  done
  "$@"
  tries=0
  until now=$(k get pods -l "$labels" --field-selector=status.phase!=Succeeded,status.phase!=Failed -o name); do
    tries=$((tries + 1))
    if [ $tries -gt 30 ]; then refuse "$name: the pods can't be listed"; fi
    sleep 1
  done
  for pod in $now; do
    case " $(echo $pods) " in *" $pod "*) continue ;; esac
    : > "$notes/${pod#pod/}"
    : > "$notes/${pod#pod/}.started"
  done
  for pod in $(printf '%s\n' $pods $now | sort -u); do
    tries=0
    until heard "$pod"; do
      if [ -e "$notes/${pod#pod/}.started" ] && [ $tries -ge 120 ]; then break; fi
      # An annotation makes the kubelet write the files now instead of within the next 90 s.
      if [ $((tries % 10)) = 0 ]; then k annotate pods -l "$labels" --overwrite "rotated=$(date +%s)" > /dev/null; fi
      tries=$((tries + 1))
      if [ $tries -gt 300 ]; then echo "$name: $pod has not read it anew: see its log" >&2; exit 1; fi
      sleep 1
    done
  done
  echo "$name: read by $(printf '%s\n' $pods $now | sort -u | wc -l) pods"
}

# heard POD: true if the pod has logged it since, in all of its containers that read the
# setting; or if the pod is gone, since the next one started with the new value.
heard() {
  said "$1" > "$notes/.now" || : > "$notes/.now"
  containers=1
  case $1 in pod/redis-*) containers=$redis_containers ;; esac
  spoken=$(grep -vxFf "$notes/${1#pod/}" "$notes/.now" | cut -d ' ' -f 1 | sort -u | wc -l) || :
  [ "$spoken" -ge "$containers" ] || gone "$1"
}

# lines KEY LABELS NEW: rotates a file of which all lines are accepted and the first one is
# used.
lines() {
  old=$(held "$1")
  [ -n "$old" ] || refuse "there is no $1 in the Secret playground"
  both() { printf '%s\n%s\n' "$2" "$3" | put "$1"; }
  step "$1 1/3, the new one is known" "$1-file" "$2" both "$1" "$old" "$3"
  step "$1 2/3, the new one is used" "$1-file" "$2" both "$1" "$3" "$old"
  one() { printf %s "$2" | put "$1"; } # as the secret is at first
  step "$1 3/3, the old one is gone" "$1-file" "$2" one "$1" "$3"
}

redis_password() {
  old=$(held redis-password)
  [ -n "$old" ] || refuse "there is no redis-password in the Secret playground"
  new=$(openssl rand -hex 32)
  begun=$(held redis-password-other)
  [ -z "$begun" ] || refuse "redis-password-other is in the Secret: an earlier rotation has not ended, see operations.md"
  [ -n "$(k get pods -l "$redises" -o name)" ] || refuse "Redis is not one of the manifests': see redis.md"
  redis_containers=$(k get statefulset redis -o 'jsonpath={.spec.template.spec.containers[*].name}' | wc -w)
  other() { printf %s "$1" | put redis-password-other; }
  step "redis-password 1/3, Redis takes the new one as well" /etc/redis-secrets "$redises" other "$new"
  swap() {
    printf '{"data":{"redis-password":"%s","redis-password-other":"%s"}}' "$(printf %s "$new" | base64 | tr -d '\n')" "$(printf %s "$old" | base64 | tr -d '\n')" | patch
  }
  step "redis-password 2/3, all use the new one" "redis-password-file|/etc/redis-secrets" "$everybody" swap
  drop() { echo '{"data":{"redis-password-other":null}}' | patch; }
  step "redis-password 3/3, Redis takes the new one only" /etc/redis-secrets "$redises" drop
}

# cert-manager makes a deleted Secret anew.
peer_authority() {
  old=$(held ca.crt peer-tls)
  [ -n "$old" ] || refuse "there is no ca.crt in the Secret peer-tls"
  begun=$(held ca.crt peer-authorities)
  [ -z "$begun" ] || refuse "the Secret peer-authorities is there: an earlier rotation has not ended, see operations.md"
  remade() { # SECRET KEY
    was=$(held "$2" "$1")
    k delete secret "$1" > /dev/null
    until now=$(held "$2" "$1") && [ -n "$now" ] && [ "$now" != "$was" ]; do sleep 1; done
  }
  both() {
    remade peer-ca tls.crt
    next=$(held tls.crt peer-ca)
    printf '%s\n%s\n' "$old" "$next" | k create secret generic peer-authorities --from-file=ca.crt=/dev/stdin > /dev/null
  }
  step "peer-authority 1/3, the new one is known" peer-cert "$servers" both
  step "peer-authority 2/3, certificates are of the new one" peer-cert "$servers" remade peer-tls tls.crt
  step "peer-authority 3/3, the old one is gone" peer-cert "$servers" k delete secret peer-authorities
}

case "${1:-}" in
  gossip-key) alone "$1"; lines gossip-key "$servers" "$(openssl rand -base64 32)" ;;
  admin-token) alone "$1"; lines admin-token "$gateways" "$(openssl rand -hex 32)" ;;
  redis-password) alone "$1"; redis_password ;;
  peer-authority) alone "$1"; peer_authority ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
