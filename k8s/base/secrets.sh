# Redis' passwords, for the other scripts. They come from the Secret's files, which change
# while this runs.
secrets=/etc/redis-secrets
in_use=/run/redis/password # what cli.sh reads, so that an unusable Secret disturbs no probe

# Reads $password, and $other, which is also accepted while one replaces the other. If
# either is not a single line, it returns false and changes neither. The end of the line is
# not part of the password.
read_passwords() {
  read_password=$(tr -d '\r' < "$secrets/password") || return 1
  read_other=$(if [ -e "$secrets/other" ]; then tr -d '\r' < "$secrets/other"; fi) || return 1
  case "$read_password$read_other" in *"
"*) return 1 ;; esac
  [ -n "$read_password" ] || return 1
  password=$read_password other=$read_other
}

# For the start: without a password Redis does not start.
first_passwords() {
  read_passwords 2> /dev/null || { echo "ERROR $secrets: the Secret's redis-password, or redis-password-other, is not a single line with a password" >&2; exit 1; }
  use_passwords
}

use_passwords() { # atomically, and without conflicting with another container's
  new=$(mktemp "$in_use.XXXXXX")
  printf %s "$password" > "$new" && mv "$new" "$in_use"
}

# The accepted passwords as ACL rules: as hashes, which need no quotes and show nothing.
taken() {
  printf resetpass
  for one in "$password" "$other"; do
    [ -z "$one" ] || printf ' #%s' "$(printf %s "$one" | sha256sum | cut -d ' ' -f 1)"
  done
}

# follow PORT: makes the server at PORT accept what the files say, within seconds of a
# change, until this process ends. The caller's pass_on tells others. Two looks must see the
# same, since there are two files, and half of one may look like a whole one.
follow() {
  known=$password used=$password/$other seen=$used told=
  while sleep 1 && kill -0 $$; do
    if ! read_passwords; then
      complain "$secrets: redis-password, or redis-password-other, is not a single line with a password"
    elif [ "$password/$other" != "$seen" ]; then
      seen=$password/$other
    elif [ "$seen" = "$used" ]; then
      told=
    elif take "$1" "$known" || take "$1" "$password"; then
      known=$password used=$seen told=
      use_passwords
      echo "secret read anew: $secrets"
    else
      complain "$secrets: the server at port $1 does not take it"
    fi
  done 2> /dev/null
}

# Reports a fault when it occurs for the second time, and only once.
complain() {
  if [ "$told" = once ]; then echo "ERROR secret can't be read anew, the one before stays: $1"; fi
  if [ -z "$told" ]; then told=once; else told=said; fi
}

# take PORT AS: logs in with the password AS, makes the server accept today's passwords, and
# passes them on.
take() (
  export REDISCLI_AUTH="$2"
  # Unquoted: the rules must be separate words.
  redis-cli -e -h "$POD_IP" -p "$1" ACL SETUSER default $(taken) || exit 1
  export REDISCLI_AUTH="$password"
  pass_on
) > /dev/null

# The password, quoted for a configuration file.
quoted() { printf '"%s"' "$(printf %s "$password" | sed 's/[\\"]/\\&/g')"; }
